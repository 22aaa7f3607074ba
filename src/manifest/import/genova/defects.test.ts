// Defects of genova that lie in its files and their rendering, by their numbers in the guide's list of its weaknesses. Where a
// rendering of genova's is at hand, the test shows it beside ours.
import { describe, expect, test } from 'vitest'
import { taskDefinition } from '../../../capabilities/deploy/definition.ts'
import { serviceSettings } from '../../../capabilities/deploy/service-settings.ts'
import { annotatedYaml } from '../../annotated-yaml.ts'
import { type EnvironmentManifest, forEnvironment } from '../../environment.ts'
import { readManifest } from '../../load.ts'
import type { Imported } from '../foreign.ts'
import { genovaRenders, rubyYaml, type Snake } from './genova-for-tests.ts'
import { importGenova } from './import-genova.ts'

const REGISTRY = '123456789012.dkr.ecr.ap-northeast-1.amazonaws.com'
const where = { account: '123456789012', region: 'ap-northeast-1' }

const TEMPLATE = `
family: shop
network_mode: awsvpc
requires_compatibilities: [FARGATE]
cpu: 256
memory: 512
container_definitions:
  - name: app
    image: "${REGISTRY}/shop/app:{{tag}}"
    command: [app, serve]
    secrets: [{ name: DB, value_from: /shop/db }, { name: KEY, value_from: /shop/key }]
    port_mappings: [{ container_port: 3000 }]
  - name: side
    image: nginx:1
    command: [side, serve]
`

const imported = async (service: string, more = '', template = TEMPLATE): Promise<Imported> => {
  const texts: Record<string, string> = {
    'config/deploy.yml': `clusters:\n  - name: shop-staging\n    services:\n      web: ${service}\n${more}`,
    'config/web.yml': template,
  }
  const made = await importGenova({ files: Object.keys(texts), read: async (path) => texts[path] }, 'shop')
  if (!made) throw new Error('nothing was imported')
  return made
}
const here = ({ manifest }: Imported): EnvironmentManifest =>
  forEnvironment(readManifest(annotatedYaml(manifest, '', () => undefined)).manifest, 'staging')
const web = (of: Imported) => {
  const { web: service } = here(of).services
  if (!service) throw new Error('no web')
  return service
}
const containersOf = (of: Imported) =>
  taskDefinition(web(of), { own: 'app', beside: {} }, where, { commit: 'abc' }).containerDefinitions ?? []
const theirs = (overrides: string) =>
  genovaRenders(TEMPLATE, rubyYaml(overrides) as Snake, 'build-1', (text) => text).container_definitions as Snake[]
const BUILT = 'containers: [{ name: app, build: .. }]'

describe('genova 9.3: settings that genova reads and never sends', () => {
  test('the count, the grace period and the percentages reach UpdateService', async () => {
    const made = await imported(
      `{ path: ./web.yml, ${BUILT}, desired_count: 3, health_check_grace_period_seconds: 90, minimum_healthy_percent: 50, maximum_percent: 150 }`,
    )
    expect(serviceSettings(web(made), where)).toMatchObject({
      desiredCount: 3,
      healthCheckGracePeriodSeconds: 90,
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 },
    })
    expect(made.notes.map(({ line, text }) => `${line} ${text.en}`)).toContain(
      '4 genova never sent it; kiban does. Write count: keep where autoscaling owns the number',
    )
  })

  test('a count that is not written is not sent either: autoscaling keeps it', async () => {
    expect(serviceSettings(web(await imported(`{ path: ./web.yml, ${BUILT} }`)), where)).not.toHaveProperty('desiredCount')
  })

  test('force_new_deployment is told, with what to use instead', async () => {
    const { lost } = await imported(`{ path: ./web.yml, ${BUILT}, force_new_deployment: true }`)
    expect(lost.map(({ text }) => text.en)).toEqual([
      'genova never sent it. kiban rolls what has changed; kiban deploy --force rolls the rest',
    ])
  })
})

describe('rendering: overrides that genova merges wrongly', () => {
  test('a secret, a port and a mount are overridden by their names, where genova only adds', async () => {
    const overrides =
      '{ container_definitions: [{ name: app, secrets: [{ name: DB, value_from: /other/db }], port_mappings: [{ container_port: 3000, protocol: udp }] }] }'
    const [app] = theirs(overrides)
    expect(((app?.secrets ?? []) as Snake[]).filter(({ name }) => name === 'DB')).toHaveLength(2)
    expect(app?.port_mappings).toHaveLength(2)
    const [own] = containersOf(await imported(`{ path: ./web.yml, ${BUILT}, task_overrides: ${overrides} }`))
    expect(own?.secrets).toEqual([
      { name: 'DB', valueFrom: '/other/db' },
      { name: 'KEY', valueFrom: '/shop/key' },
    ])
    expect(own?.portMappings).toEqual([{ containerPort: 3000, hostPort: 3000, protocol: 'udp' }])
  })

  test('a command is replaced in the container that is named, where genova resets another by its index', async () => {
    const overrides = '{ container_definitions: [{ name: side, command: [side, once] }] }'
    const [app, side] = theirs(overrides)
    expect([app?.command, side?.command]).toEqual([undefined, ['side', 'serve', 'once']])
    const ours = containersOf(await imported(`{ path: ./web.yml, ${BUILT}, task_overrides: ${overrides} }`))
    expect(ours.map(({ name, command }) => [name, command])).toEqual([
      ['app', ['app', 'serve']],
      ['side', ['side', 'once']],
    ])
  })

  test('an override of a container that is not there is told, where genova says nothing', async () => {
    const { lost } = await imported(
      `{ path: ./web.yml, ${BUILT}, task_overrides: { container_definitions: [{ name: ap, cpu: 1 }] } }`,
    )
    expect(lost.map(({ text }) => text.en)).toEqual([
      'task_overrides names the container "ap", which the template has not; it never had an effect',
    ])
  })
})

describe('genova 9.12: broken paths', () => {
  test('a target of a base path names what it deploys', async () => {
    const texts: Record<string, string> = {
      'services/front/config/deploy.yml': `clusters: [{ name: shop-production, services: { front: { path: ./web.yml, ${BUILT} } } }]\ntargets: [{ name: prod-front, cluster: shop-production, service: front }]\n`,
      'services/front/config/web.yml': TEMPLATE,
      'config/deploy.yml': `clusters: [{ name: shop-production, services: { api: { path: ./web.yml, ${BUILT} } } }]\n`,
      'config/web.yml': TEMPLATE,
      'other/config/deploy.yml': 'service: kamal\nimage: x\n',
    }
    const made = await importGenova({ files: Object.keys(texts), read: async (path) => texts[path] }, 'shop')
    expect(made?.notes.map(({ file, text }) => `${file} ${text.en}`)).toContain(
      'services/front/config/deploy.yml instead of --target prod-front: kiban workflow run prod-front --env production',
    )
    expect(made?.manifest.workflows).toEqual({ 'prod-front': { steps: [{ deploy: ['front'], environment: 'production' }] } })
    expect(made?.manifest.services).toMatchObject({ front: { build: 'services/front' }, api: { build: '.' } })
  })

  test('a template, a context or a Dockerfile outside of the repository is refused', async () => {
    const outside = async (service: string) =>
      (await imported(service)).lost.filter(({ blocks }) => blocks).map(({ text }) => text.en)
    expect(await outside(`{ path: ../../etc/passwd, ${BUILT} }`)).toEqual([
      '../../etc/passwd is outside of what may be read here',
    ])
    const context = '{ path: ./web.yml, containers: [{ name: app, build: { context: ../.. } }] }'
    expect((await outside(context))[0]).toBe('../.. is outside of what may be read here')
    const dockerfile = '{ path: ./web.yml, containers: [{ name: app, build: { dockerfile: ../Dockerfile } }] }'
    expect((await outside(dockerfile))[0]).toBe('../Dockerfile is outside of what may be read here')
  })
})

describe('genova 9.16: secrets in build arguments, and arguments in a shell', () => {
  test('an encrypted build argument is refused with its place, and is in no manifest', async () => {
    const made = await imported(
      `{ path: ./web.yml, containers: [{ name: app, build: { context: .., args: { TOKEN: "\${QUJD}", MODE: a } } }] }`,
    )
    expect(made.lost.map(({ line, path, blocks }) => [line, path, blocks])).toEqual([
      [4, 'clusters/0/services/web/containers/0/build/args/TOKEN', true],
    ])
    expect(web(made).build?.args).toEqual({ MODE: 'a' })
    expect(JSON.stringify(made.manifest)).not.toContain('QUJD')
  })

  test('a quote in an argument is a quote', async () => {
    const made = await imported(
      `{ path: ./web.yml, containers: [{ name: app, build: { context: .., args: { A: "x' ; rm -rf /" } } }] }`,
    )
    expect(web(made).build?.args).toEqual({ A: "x' ; rm -rf /" })
  })

  test('a value that is a secret by its form becomes a reference', async () => {
    const key = ['AKIA', 'ABCDEFGHIJKLMNOP'].join('')
    const made = await imported(
      `{ path: ./web.yml, ${BUILT}, task_overrides: { container_definitions: [{ name: app, environment: [{ name: AWS_KEY, value: ${key} }] }] } }`,
    )
    expect(web(made).secrets.AWS_KEY).toBe('/shop/staging/applications/aws-key')
    expect(JSON.stringify(made)).not.toContain(key)
  })
})

describe('genova 9.17: what the repository may do to whoever reads it', () => {
  const refused = (text: string) =>
    importGenova({ files: ['config/deploy.yml'], read: async () => text }, 'shop').then(
      () => undefined,
      (error: { details: { en: string }[] }) => error.details.map(({ en }) => en),
    )
  test('no tag makes an object', async () => {
    expect(await refused('clusters: []\nevil: !ruby/object:Gem::Requirement {}\n')).toEqual([
      'config/deploy.yml:2:7: tags such as !!x are not allowed',
    ])
  })

  test('a template with such a tag is not read either', async () => {
    const { lost } = await imported(
      `{ path: ./web.yml, ${BUILT} }`,
      '',
      TEMPLATE.replace('family: shop', 'family: !ruby/object:Object {}'),
    )
    expect(lost.map(({ file, line, blocks }) => [file, line, blocks])).toEqual([['config/web.yml', 2, true]])
  })

  test('aliases cannot fill the memory', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [at, name] of [...'bcdefgh'].entries())
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`).join(', ')}]`)
    expect(await refused(`${bomb.join('\n')}\nclusters: [*h]\n`)).toBeUndefined()
  })
})

describe('genova 9.18: nothing goes back by itself', () => {
  test('a converted service has a circuit breaker that rolls back', async () => {
    const { deploymentConfiguration } = serviceSettings(web(await imported(`{ path: ./web.yml, ${BUILT} }`)), where)
    expect(deploymentConfiguration?.deploymentCircuitBreaker).toMatchObject({ enable: true, rollback: true })
  })
})

describe('parsing', () => {
  test('every mistake is told with its line, where genova tells the first', async () => {
    const made = imported('{ containers: [{ name: app }], minimum_healthy_percent: half }')
    await expect(made).rejects.toMatchObject({
      details: [
        { en: expect.stringMatching(/^config\/deploy\.yml:4:.*path: is missing/) },
        { en: expect.stringMatching(/build: is missing/) },
        { en: expect.stringMatching(/minimum_healthy_percent: must be a number/) },
      ],
    })
  })

  test('a key that genova never looked at is told, not passed over', async () => {
    const { lost } = await imported(`{ path: ./web.yml, ${BUILT}, desired_cuont: 3 }`)
    expect(lost.map(({ line, text }) => `${line} ${text.en}`)).toEqual(['4 "desired_cuont" is no key of that tool'])
  })

  test('a rule whose steps are of several clusters becomes one workflow over their environments', async () => {
    const step = (cluster: string) => `{ type: service, cluster: ${cluster}, resources: [web] }`
    const made = await imported(
      `{ path: ./web.yml, ${BUILT} }`,
      `  - name: shop-production\n    services:\n      web: { path: ./web.yml, ${BUILT} }\nauto_deploy:\n  - { branch: main, steps: [${step('shop-staging')}, ${step('shop-production')}] }\n`,
    )
    expect(made.manifest.auto_deploy).toEqual({ main: { environment: 'staging', workflow: 'on-main' } })
    expect(made.manifest.workflows).toEqual({
      'on-main': { steps: [{ deploy: ['web'] }, { environment: 'production', deploy: ['web'] }] },
    })
    expect(made.lost).toEqual([])
  })

  test('the first of two rules for a branch wins, and a pattern holds from end to end', async () => {
    const step = 'steps: [{ type: service, cluster: shop-staging, resources: [web] }]'
    const made = await imported(
      `{ path: ./web.yml, ${BUILT} }`,
      `auto_deploy:\n  - { branch: "feature/*", ${step} }\n  - { branch: "feature/*", ${step} }\n`,
    )
    expect(made.manifest.auto_deploy).toEqual({ 'feature/*': { environment: 'staging', workflow: 'on-feature' } })
    expect(made.lost.map(({ text }) => text.en)).toEqual(['feature/* is there twice; the first one won, and still does'])
    expect(made.notes.map(({ text }) => text.en)).toContain(
      'genova took every branch that has "feature/" anywhere in it; kiban takes feature/* from the first to the last letter',
    )
  })
})
