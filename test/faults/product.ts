// The product whose deployments are disturbed: real repositories, builds and pushes; its tasks only say that they run.
import { join } from 'node:path'
import { EC2 } from '@aws-sdk/client-ec2'
import type { TaskPlan } from '../../src/sandbox/ecs/runtime.ts'
import type { Script } from '../../src/sandbox/ecs/scripted-runtime.ts'
import { makeRepository, type TestRepository } from '../git-repository.ts'
import type { Course } from './moment.ts'

/** What a task does stands in its definition, so that a release behaves alike however often it is rolled, and goes back well. */
const ACTS = 'ACTS'
const acts: Record<Course, { api: string; web: string }> = {
  update: { api: 'well', web: 'well' },
  create: { api: 'well', web: 'well' },
  stop: { api: 'slowly', web: 'badly' },
  restore: { api: 'well', web: 'badly, late' },
  cancel: { api: 'slowly', web: 'well' },
}
const scripts: Record<string, Script> = {
  well: {},
  slowly: { startAfter: 60_000 },
  badly: { startAfter: 100, failsToStart: 'CannotPullContainerError: pull image manifest has been retried 7 time(s)' },
  'badly, late': { startAfter: 1_200, failsToStart: 'CannotPullContainerError: pull image manifest has been retried 7 time(s)' },
}
const MIGRATION: Script = { exits: { after: 200, code: 0 } }

export function script({ group, containers }: TaskPlan): Script {
  if (group.startsWith('family:')) return MIGRATION
  const environment = containers[0]?.environment ?? []
  return scripts[environment.find(({ name }) => name === ACTS)?.value ?? ''] ?? {}
}

export interface Product {
  repository: TestRepository
  /** Commits a release that goes so, for this environment, and takes so long to build. */
  release(course: Course, options?: { buildMs?: number }): void
}

/** A repository for one environment, beside others of the same product. */
export async function product(folder: string, environment: string): Promise<Product> {
  const ec2 = new EC2({})
  const { Subnets: [subnet] = [] } = await ec2.describeSubnets({})
  ec2.destroy()
  const repository = makeRepository(join(folder, 'repository'))
  let number = 0
  return {
    repository,
    release(course, { buildMs = BUILD_MS } = {}) {
      repository.commit(`Release ${++number}`, {
        'kiban.yml': manifest(environment, course, subnet?.SubnetId ?? ''),
        ...Object.fromEntries(
          ['api', 'web'].flatMap((service) => [
            [`${service}/Dockerfile`, dockerfile(buildMs)],
            [`${service}/release.txt`, `${environment} ${number}\n`],
          ]),
        ),
      })
    },
  }
}

const manifest = (environment: string, course: Course, subnet: string): string => `
product: bookshop
account: "123456789012"
region: ap-northeast-1
environments: { ${environment}: {} }
services:
  api: { build: ./api, before: [migrate], count: 2, network: { subnets: [${subnet}] }, env: { ${ACTS}: "${acts[course].api}" } }
  web: { build: ./web, count: 2, network: { subnets: [${subnet}] }, env: { ${ACTS}: "${acts[course].web}" } }
tasks:
  migrate: { service: api, command: [node, migrate.ts] }
workflows:
  release:
    steps:
      - run: [migrate]
      - { deploy: [api], on_failure: rollback }
      - { deploy: [web], on_failure: rollback }
`

/** Long enough to be killed in. */
const BUILD_MS = 150
const dockerfile = (ms: number): string => `
FROM node:24
WORKDIR /app
COPY release.txt .
RUN ["node", "-e", "setTimeout(() => {}, ${ms})"]
CMD ["node", "-e", "setInterval(() => {}, 1000)"]
`
