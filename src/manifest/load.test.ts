import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keysAt } from './issues.ts'
import { loadManifest, readManifest } from './load.ts'
import { Manifest } from './manifest.ts'

const bookshop = `
product: bookshop
account: "123456789012"
region: ap-northeast-1
owners: { team: bookshop, managers: [aoi], slack: "#bookshop" }
environments:
  staging: {}
  production: { protected: true, approvals: 1 }
services:
  api:
    build: ./api
    port: 3000
    health: /healthz
    size: 0.5vCPU/1GB
    count: 2-10
    env: { LOG_LEVEL: info }
    secrets: [database-url]
    before: [migrate]
  web: { build: ./web, port: 3000, health: / }
schedules:
  daily-report: { service: api, cron: "0 9 * * *", timezone: Asia/Tokyo, command: [node, report.ts] }
tasks:
  migrate: { service: api, command: [node, migrate.ts] }
workflows:
  release:
    steps: [{ deploy: [api, web] }]
auto_deploy: { main: { environment: staging, workflow: release } }
`

/** `line:column path: text`, as a person meets it. */
const told = (text: string) =>
  loadManifest(text).problems.map(({ line, column, path, text }) => `${line}:${column} ${path}: ${text.en}`)

/** The one problem of a service `web` that has these lines besides its build. */
const toldOfService = (...lines: string[]) =>
  told(`product: p\nservices:\n  web:\n    build: .\n${lines.map((line) => `    ${line}\n`).join('')}`)

describe('a valid manifest', () => {
  test('is read with its short forms spelled out', () => {
    expect(loadManifest(bookshop).manifest?.services.api).toEqual({
      build: { context: './api' },
      port: 3000,
      health: { path: '/healthz' },
      size: { cpu: 512, memory: 1024 },
      count: { min: 2, max: 10 },
      env: { LOG_LEVEL: 'info' },
      secrets: { DATABASE_URL: 'database-url' },
      before: ['migrate'],
    })
  })

  test('may be three lines long', () => {
    expect(loadManifest('product: p\nservices:\n  web: { build: ., port: 80, health: / }').problems).toEqual([])
  })

  test('keeps numbers among environment variables as they were spelled', () => {
    const { manifest } = loadManifest(
      'product: p\nservices:\n  web: { build: ., env: { A: 1.10, B: 0x1F, C: yes, D: true, E: 007 } }',
    )
    expect(manifest?.services.web?.env).toEqual({ A: '1.10', B: '0x1F', C: 'yes', D: 'true', E: '007' })
  })

  test('takes an environment with nothing behind its colon for one without deviations', () => {
    expect(loadManifest('product: p\nenvironments:\n  staging:\nservices: { web: { build: . } }').manifest?.environments).toEqual(
      { staging: {} },
    )
  })

  test('may share parts by an alias', () => {
    const { manifest } = loadManifest('product: p\nservices:\n  a: { build: ., env: &e { X: "1" } }\n  b: { build: ., env: *e }')
    expect(manifest?.services.b?.env).toEqual({ X: '1' })
  })
})

describe('problems', () => {
  test('are told all at once, in the order of the file, each with its place and the nearest right word', () => {
    expect(
      told(`prodct: bookshop
account: 123456789012
region: ap_northeast_1
owners: { managers: aoi, slack: bookshop }
environments:
  staging:
    services:
      api: { before: [migrat], size: 3vCPU/9GB }
      appi: {}
  production: { protected: yes, approvals: "1" }
services:
  api:
    biuld: ./api
    port: "3000"
    health: healthz
    size: 0.5vCPU/5GB
    count: 10-2
    secrets: ["/x/y z"]
    before: [migrate, migarte]
    command: node api.ts
    deploy: { strategy: rollin, bake: 5 min }
  wor_ker: { build: . , health: { intreval: 3s }, replicas: 3 }
schedules:
  daily-report: { service: apy, cron: "0 25 * * *", timezone: Asia/Tokio }
  other: { cron: "cron(0 9 * * ? *)" }
tasks:
  migrate: { service: api }
workflows:
  release: { steps: [{ deploy: [api, wrk] }, { approve: boss }] }
auto_deploy: { main: { environment: stagin, workflow: releas } }
`),
    ).toEqual([
      '1:1 prodct: unknown key "prodct"; did you mean product?',
      '2:10 account: must be text; did you mean "123456789012"?',
      '3:9 region: must be an AWS region such as ap-northeast-1; did you mean ap-northeast-1?',
      '4:21 owners/managers: must be a list; did you mean [aoi]?',
      '4:33 owners/slack: must be a channel such as "#bookshop", in quotes; did you mean #bookshop?',
      '8:23 environments/staging/services/api/before/0: there is no task named "migrat"; did you mean migrate?',
      '8:38 environments/staging/services/api/size: 3vCPU/9GB is not a size of Fargate; did you mean 4vCPU/9GB?',
      '9:7 environments/staging/services/appi: there is no service named "appi"; did you mean api?',
      '10:28 environments/production/protected: must be true or false; did you mean true?',
      '10:44 environments/production/approvals: must be a number; did you mean 1?',
      '13:5 services/api/biuld: unknown key "biuld"; did you mean build?',
      '14:11 services/api/port: must be a number; did you mean 3000?',
      '15:13 services/api/health: must be a path beginning with /; did you mean /healthz?',
      '16:11 services/api/size: 0.5vCPU/5GB is not a size of Fargate; did you mean 0.5vCPU/4GB?',
      '17:12 services/api/count: must begin with the smaller number; did you mean 2-10?',
      '18:15 services/api/secrets/0: must be a name, a parameter path beginning with /, an ARN, or secretsmanager:NAME; never the secret itself',
      '19:23 services/api/before/1: there is no task named "migarte"; did you mean migrate?',
      '20:14 services/api/command: must be a list; did you mean [node, api.ts]?',
      '21:25 services/api/deploy/strategy: must be one of rolling, blue-green, canary, linear; did you mean rolling?',
      '21:39 services/api/deploy/bake: must be a length of time such as 30s, 5m or 1h; did you mean 5m?',
      '22:3 services/wor_ker: must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter; did you mean wor-ker?',
      '22:35 services/wor_ker/health/intreval: unknown key "intreval"; did you mean interval?',
      '22:51 services/wor_ker/replicas: unknown key "replicas"; did you mean count?',
      '24:28 schedules/daily-report/service: there is no service named "apy"; did you mean api?',
      '24:39 schedules/daily-report/cron: the hour "25" must be within 0-23',
      '24:63 schedules/daily-report/timezone: must be a time zone such as Asia/Tokyo; did you mean Asia/Tokyo?',
      '25:3 schedules/other/service: is missing',
      '29:38 workflows/release/steps/0/deploy/1: there is no service named "wrk"',
      '29:57 workflows/release/steps/1/approve: must be one of developer, manager, sre',
      '30:37 auto_deploy/main/environment: there is no environment named "stagin"; did you mean staging?',
      '30:55 auto_deploy/main/workflow: there is no workflow named "releas"; did you mean release?',
    ])
  })

  test('are told in Japanese too', () => {
    const { problems } = loadManifest('product: p\nservices: { web: { build: ., prot: 3000 } }')
    expect(problems.map(({ text }) => text.ja)).toEqual(['「prot」というキーはありません。port ではありませんか'])
  })

  test('list the keys that are valid when none is near', () => {
    expect(told('product: p\nservices: {}\nowners: { zzzzzz: 1 }')).toEqual([
      '3:11 owners/zzzzzz: unknown key "zzzzzz"; valid here: team, managers, developers, sre, slack',
    ])
  })

  test.each<[string, string[], string[]]>([
    [
      'a health path without a port',
      ['health: /'],
      ['5:13 services/web/health: a health path needs a port; without one, use health: { command: […] }'],
    ],
    [
      'a health path without a load balancer',
      ['port: 80', 'load_balancer: false', 'health: /'],
      ['7:13 services/web/health: a health path is asked by the load balancer, which is switched off here'],
    ],
    ['an image beside a build', ['image: nginx'], ['3:3 services/web: has both "build" and "image"; keep one']],
    [
      'a timeout as long as its interval',
      ['port: 80', 'health: { path: /, interval: 5s, timeout: 5s }'],
      ['6:47 services/web/health/timeout: "timeout" must be shorter than "interval"'],
    ],
    [
      'a rollout that can never move',
      ['count: 2', 'deploy: { minimum_percent: 75, maximum_percent: 100 }'],
      [
        '6:53 services/web/deploy/maximum_percent: with 2 task(s) this rollout can neither start a new task nor stop an old one; raise maximum_percent or lower minimum_percent',
      ],
    ],
    [
      'a variable that is also a secret',
      ['env: { A_B: x }', 'secrets: [a-b]'],
      ['5:12 services/web/env/A_B: A_B is both in "env" and in "secrets"'],
    ],
    [
      'Secrets Manager without account and region',
      ['secrets: { A: secretsmanager:db }'],
      ['5:19 services/web/secrets/A: secretsmanager: needs "account" and "region" in the manifest; or write the full ARN'],
    ],
    [
      'a setting of another strategy',
      ['deploy: { strategy: blue-green, percent: 5 }'],
      ['5:37 services/web/deploy/percent: "percent" has no meaning for the strategy blue-green'],
    ],
    [
      'a length of time out of bounds',
      ['stop_timeout: 5m'],
      ['5:19 services/web/stop_timeout: must be from 2s to 2m; did you mean 2m?'],
    ],
    ['an empty value', ['env:'], ['5:5 services/web/env: "env" has no value']],
    [
      'an unknown part of a container definition',
      ['containers: { web: { ulimit: [] } }'],
      ['5:26 services/web/containers/web/ulimit: unknown key "ulimit"; did you mean ulimits?'],
    ],
    [
      'a folder outside the repository',
      ['definition: ../ecs.json'],
      ['5:17 services/web/definition: must be a path inside the repository'],
    ],
  ])('name %s', (_, lines, problems) => {
    expect(toldOfService(...lines)).toEqual(problems)
  })

  test('name a secret in plain text without repeating it', () => {
    const problems = toldOfService('env: { K: AKIAIOSFODNN7EXAMPLE, U: "postgres://u:hunter2@db/x", P: "http://host:80/a@b" }')
    expect(problems).toEqual([
      '5:12 services/web/env/K: K holds what looks like a secret; put it in the parameter store and name it under "secrets"',
      '5:37 services/web/env/U: U holds what looks like a secret; put it in the parameter store and name it under "secrets"',
    ])
  })

  test('name a role whose name IAM would refuse', () => {
    const long = 'a'.repeat(40)
    expect(told(`product: p\nenvironments: { production-in-tokyo: {} }\nservices:\n  ${long}: { build: . }`)).toEqual([
      `4:3 services/${long}: the execution role "p-production-in-tokyo-${long}-execution" has 72 characters, AWS allows 64; shorten a name or set it under "names"`,
      `4:3 services/${long}: the task role "p-production-in-tokyo-${long}-task" has 67 characters, AWS allows 64; shorten a name or set it under "names"`,
    ])
  })

  test('of a patch are told in the environment that makes them', () => {
    expect(
      told('product: p\nenvironments:\n  staging: { services: { web: { size: 1vCPU/1GB } } }\nservices:\n  web: { build: . }'),
    ).toEqual(['3:39 environments/staging/services/web/size: 1vCPU/1GB is not a size of Fargate; did you mean 1vCPU/2GB?'])
  })

  test('become one error with every problem as a detail', () => {
    expect(() => readManifest('product: P\nservices: 3', 'shop/kiban.yml')).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'manifest.invalid',
        message: 'shop/kiban.yml has 2 problems',
        details: [
          expect.objectContaining({ en: expect.stringMatching(/^shop\/kiban.yml:1:10 product: /) }),
          {
            en: 'shop/kiban.yml:2:11 services: must be a map of keys',
            ja: 'shop/kiban.yml:2:11 services: キーと値の組で指定してください',
          },
        ],
      }),
    )
  })
})

describe('YAML that nobody has reviewed', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((key, at) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`).join('\n')}`
  test.each<[string, string, string[]]>([
    ['an alias bomb', bomb, ['1:1 : too many aliases, or one that contains itself']],
    ['an alias that contains itself', 'product: &a [*a]', ['1:1 : too many aliases, or one that contains itself']],
    ['a tag', 'product: !!js/function "x"\nservices: {}', ['1:10 : tags such as !!x are not allowed']],
    ['a key given twice', 'product: p\nservices: {}\nproduct: q', ['3:1 : "product" is there twice']],
    ['a second document', 'product: p\nservices: {}\n---\na: 1', ['3:1 : the file holds more than one YAML document']],
    ['a tab as indentation', 'services:\n\tweb: {}', ['2:1 : tabs cannot indent YAML; use spaces']],
    ['an open quote', 'product: "p', ['1:12 : a quote or bracket is not closed, or a ":" or "," is missing']],
    ['a list', '- a', ['1:1 : a manifest is a map of keys such as "product:"']],
    ['an empty file', '', ['1:1 : the manifest is empty']],
    ['a file too large', `product: ${'p'.repeat(300_000)}`, ['1:1 : the manifest is larger than 256 kB']],
    ['brackets without end', '['.repeat(100_000), ['1:1 : the manifest is nested too deep to be read']],
    ['dashes without end', '- '.repeat(100_000), ['1:1 : the manifest is nested too deep to be read']],
  ])('is refused: %s', (_, text, problems) => {
    expect(told(text)).toEqual(problems)
  })

  test('that would set a prototype only has an unknown key', () => {
    expect(told('product: p\nservices: {}\n__proto__: { polluted: true }')).toEqual([
      expect.stringMatching(/^3:1 __proto__: unknown key "__proto__"; valid here: product, /),
    ])
  })
})

describe('whatever is written', () => {
  const key = fc.oneof(
    fc.constantFrom(...keysAt(Manifest, []), ...keysAt(Manifest, ['services', 'web']), '__proto__', 'constructor', '<<', ''),
    fc.string({ maxLength: 8 }),
  )
  const leaf = fc.oneof(fc.string({ maxLength: 10 }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'medium' },
      leaf,
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(key, tie('any'), { maxKeys: 5 }),
    ),
  })).any

  test('loading never throws, and every problem has a place within the file', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 6 }), (manifest) => {
        const text = JSON.stringify(manifest, null, 1)
        const { problems, manifest: read } = loadManifest(text)
        expect(problems.length > 0).toBe(read === undefined)
        const lines = text.split('\n')
        for (const { line, column, text } of problems) {
          expect(line).toBeGreaterThan(0)
          expect(column).toBeGreaterThan(0)
          expect(line).toBeLessThanOrEqual(lines.length)
          expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1)
          expect(text.en && text.ja).toBeTruthy()
        }
      }),
      { numRuns: 300 },
    )
  })

  test('text that is no YAML never throws either', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        (text) => void expect(loadManifest(text).manifest).toBeUndefined(),
      ),
    )
  })

  test('a key misspelt by one letter in a valid manifest is told at its own line', () => {
    const lines = bookshop.split('\n')
    const spots = lines.flatMap((line, at) =>
      /^ {0,4}(port|health|size|count|secrets|before|account|region|owners|services): /.test(line) ? [at] : [],
    )
    fc.assert(
      fc.property(fc.constantFrom(...spots), fc.constantFrom('x', 'q', 'z'), (at, letter) => {
        const changed = lines.map((line, index) => (index === at ? line.replace(/^( *\w+)\w:/, `$1${letter}:`) : line))
        const { problems } = loadManifest(changed.join('\n'))
        expect(
          problems.filter(({ text }) => text.en.startsWith('unknown key')).map(({ line, nearest }) => [line, nearest]),
        ).toEqual([[at + 1, /\w+/.exec(lines[at] ?? '')?.[0]]])
      }),
    )
  })
})
