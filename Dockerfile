# kiban's server: the API and the console, the workers, or both (docs/operate/container.md).
# Node is the version that package.json pins; a test compares them.
ARG NODE=node:24.21.0-slim

FROM ${NODE} AS packages
WORKDIR /kiban
COPY package.json package-lock.json ./
COPY console/package.json console/package.json
# The base brings Node itself, so no package needs to run anything to be installed.
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund && rm -rf node_modules/node

FROM ${NODE} AS console
WORKDIR /kiban
COPY package.json package-lock.json ./
COPY console/package.json console/package.json
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY openapi.json tsconfig.json ./
COPY src src
COPY console console
RUN node node_modules/vite/bin/vite.js build --logLevel warn console

FROM ${NODE}
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir /data && chown node:node /data
WORKDIR /kiban
COPY --from=packages /kiban/node_modules node_modules
COPY --from=console /kiban/console/dist console/dist
COPY LICENSE NOTICE package.json kiban.example.yml ./
COPY src src
# All that is ever written is below /data and /tmp; the rest may be mounted read-only.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8300 KIBAN_DATA=/data NODE_COMPILE_CACHE=/data/compile
# A volume takes its owner and mode from the folder that is declared here, on Fargate too.
VOLUME ["/data", "/tmp"]
USER node
EXPOSE 8300
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
CMD ["server"]
