import { expect, test } from 'vitest'
import { importSettings } from './settings.ts'

/** As the guide's slide 79 prints it. */
const SLIDE_79 = `workflows:
  # バックエンドを更新後にフロントエンドサービスをリリース
  - name: production_release
    steps:
      - repository: backend
        branch: main
        cluster: production-app
        type: service
        resources:
          - backend
      - repository: backend
        branch: main
        cluster: production-app
        type: service
        resources:
          - frontend
`

const said = (remarks: readonly { file: string; line: number; text: { en: string } }[]) =>
  remarks.map(({ file, line, text }) => `${file}:${line} ${text.en}`)

test('the workflow of slide 79 is read as printed, and its slip is pointed out', () => {
  const { workflows, lost, notes } = importSettings('settings.yml', SLIDE_79, new Map())
  expect(workflows).toEqual({ backend: { 'production-release': { steps: [{ deploy: ['backend'] }, { deploy: ['frontend'] }] } } })
  expect(lost).toEqual([])
  expect(said(notes)).toEqual([
    'settings.yml:11 this step releases "frontend" from the repository "backend"; did you mean repository: frontend?',
    'settings.yml:6 the branch main is given when the workflow is run',
  ])
})

test('the same step is no slip where the repository is known to have that service', () => {
  const { notes } = importSettings('settings.yml', SLIDE_79, new Map([['backend', ['backend', 'frontend']]]))
  expect(said(notes).filter((line) => line.includes('did you mean'))).toEqual([])
})

const settings = `
console: { url: http://localhost:3000/ }
github:
  account: example
  secret_key: not-told
  repositories:
    - name: backend
    - { name: monorepo, base_path: services/front, alias: frontend }
    - { name: monorepo, base_path: services/admin, alias: admin }
workflows:
  - name: release
    steps:
      - { repository: backend, branch: main, cluster: production-app, type: run_task, resources: [db-migrate] }
      - { repository: backend, branch: main, cluster: production-app, type: service, resources: [api, worker], async_wait: true }
      - { repository: frontend, branch: main, cluster: production-app, type: service, resources: [web] }
      - { repository: backend, branch: main, cluster: production-app, type: scheduled_task, resources: ["nightly:report"] }
  - name: both
    steps:
      - { repository: backend, cluster: staging-app, type: service, resources: [api] }
      - { repository: backend, cluster: production-app, type: service, resources: [api] }
slack:
  api_token: not-told
  permissions:
    - { policy: repository, resources: [backend], allow_users: [U01, U02] }
    - { policy: repository, resources: ["mono*"], allow_users: [U01] }
    - { policy: cluster, resources: [production-app], allow_users: [U03] }
    - { policy: workflow, resources: [release], allow_users: [U04] }
    - { policy: cluster, resources: ["*"], allow_users: [U05] }
    - { policy: repository, resources: [backend], allow_users: ["*"] }
    - { policy: planet, resources: [earth], allow_users: [U06] }
`

test('workflows go to the product of their first step, and name other products where they go there', () => {
  expect(importSettings('settings.yml', settings, new Map()).workflows).toEqual({
    backend: {
      release: {
        steps: [
          { run: ['db-migrate'] },
          { deploy: ['api', 'worker'] },
          { product: 'monorepo', deploy: ['web'] },
          { schedule: ['report'] },
        ],
      },
      both: { steps: [{ deploy: ['api'] }, { environment: 'production', deploy: ['api'] }] },
    },
  })
})

test('a workflow over several environments is run for that of its first step', () => {
  const { notes } = importSettings('settings.yml', settings, new Map())
  expect(said(notes)).toContain(
    'settings.yml:17 its steps are of several environments: run both for staging, the other steps say theirs',
  )
})

test('permissions are proposed as roles, each at its place', () => {
  expect(importSettings('settings.yml', settings, new Map()).grants).toEqual([
    'kiban grant give U01 developer --product backend',
    'kiban grant give U02 developer --product backend',
    'kiban grant give U01 developer --product monorepo',
    'kiban grant give U03 developer --env production',
    'kiban grant give U04 developer --product backend',
    'kiban grant give U05 developer',
  ])
})

test('repositories become entries of the catalogue, a monorepo one', () => {
  expect(importSettings('settings.yml', settings, new Map()).products).toEqual([
    'kiban product add git@github.com:example/backend.git',
    'kiban product add git@github.com:example/monorepo.git',
  ])
})

test('what is not carried is told with its line, and no secret with it', () => {
  const { lost } = importSettings('settings.yml', settings, new Map())
  expect(said(lost)).toEqual([
    'settings.yml:2 "console" is a setting of genova\'s own servers',
    'settings.yml:5 "secret_key" is a setting of genova\'s own servers',
    'settings.yml:22 "api_token" is a setting of genova\'s own servers',
    'settings.yml:30 there is no policy "planet"',
  ])
  expect(JSON.stringify(lost)).not.toContain('not-told')
})

test('a mistake is told with its place, and every one of them', () => {
  expect(() => importSettings('settings.yml', 'workflows:\n  - name: a\n    steps: [{ repository: x }]\n', new Map())).toThrow(
    expect.objectContaining({
      details: [expect.objectContaining({ en: expect.stringContaining('settings.yml:3') }), expect.anything(), expect.anything()],
    }),
  )
})
