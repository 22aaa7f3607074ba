import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { afterEach, describe, expect, test } from 'vitest'
import { chooseRuntime } from './choose-runtime.ts'
import { containerVariables, createArguments, engineEnvironment, publishedPort, statsUsage } from './container-arguments.ts'
import { containerRefusal, localReference } from './container-engine.ts'
import { imageArchive } from './image-archive.ts'
import { type Bench, bench, container, taskPlan } from './runtime-for-tests.ts'

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0
const none = { inherited: {}, file: [] }

describe('the command line that creates a container', () => {
  test('has what the definition says, and names of variables without their values', () => {
    const plan = container({
      portMappings: [{ containerPort: 3000 }, { containerPort: 53, protocol: 'udp' }],
      memory: 256,
      cpu: 128,
      user: '1000',
      workingDirectory: '/srv',
      entryPoint: ['node', '--enable-source-maps'],
      command: ['main.js'],
      readonlyRootFilesystem: true,
      linuxParameters: { initProcessEnabled: true },
      ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: 4096 }],
    })
    const variables = { inherited: { TOKEN: 'secret', PORT: '3000' }, file: ['HOME=/srv'] }
    const args = createArguments({
      name: 'ecs-web',
      image: 'localhost/kiban-sandbox:1',
      task: taskPlan([plan]),
      container: plan,
      labels: { 'kiban.task': 'abc' },
      variables,
      envFile: '/tmp/env',
    })
    expect(args.join(' ')).toBe(
      'create --name ecs-web --label kiban.task=abc --add-host host.docker.internal:host-gateway ' +
        '--publish 127.0.0.1::3000/tcp --publish 127.0.0.1::53/udp --env TOKEN --env PORT --env-file /tmp/env ' +
        '--memory 256m --memory-swap 256m --cpu-shares 128 --user 1000 --workdir /srv --read-only --init ' +
        '--ulimit nofile=1024:4096 --no-healthcheck --entrypoint node localhost/kiban-sandbox:1 --enable-source-maps main.js',
    )
  })

  test('leaves to the image what the definition leaves out, and bounds memory by the task', () => {
    const plan = container()
    expect(
      createArguments({
        name: 'n',
        image: 'i',
        task: taskPlan([plan]),
        container: plan,
        labels: {},
        variables: none,
        envFile: undefined,
      }),
    ).toEqual([
      'create',
      '--name',
      'n',
      '--add-host',
      'host.docker.internal:host-gateway',
      '--memory',
      '512m',
      '--memory-swap',
      '512m',
      '--no-healthcheck',
      'i',
    ])
  })
})

describe('the variables of a container', () => {
  const of = (definition: Record<string, string>) =>
    containerVariables({
      defaults: { HOSTNAME: 'localhost', AWS_REGION: 'r' },
      definition,
      fixed: { AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' },
    })

  test('never change the program that creates it', () => {
    expect(of({ PATH: '/app/bin', DOCKER_HOST: 'tcp://elsewhere', KEY: 'two\nlines' })).toEqual({
      inherited: { AWS_REGION: 'r', KEY: 'two\nlines', AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' },
      file: ['PATH=/app/bin', 'DOCKER_HOST=tcp://elsewhere'],
    })
  })

  test('that cannot be given are refused by name', () => {
    expect(() => of({ HOME: 'a\nb' })).toThrow('CannotCreateContainerError: HOME has more than one line')
  })

  test('and the engine gets nothing of the sandbox but what it needs to be reached', () => {
    expect(engineEnvironment({ PATH: '/bin', DOCKER_HOST: 'unix:///d', AWS_SECRET_ACCESS_KEY: 'no' })).toEqual({
      PATH: '/bin',
      DOCKER_HOST: 'unix:///d',
    })
  })
})

test('a published port is read from what the engine says', () => {
  expect([publishedPort('127.0.0.1:49153\n'), publishedPort('')]).toEqual([{ host: '127.0.0.1', hostPort: 49153 }, undefined])
})

test('usage is read from the engine’s statistics', () => {
  expect([
    statsUsage('{"Name":"web","CPUPerc":"12.50%","MemUsage":"23.5MiB / 512MiB"}'),
    statsUsage('{"Name":"web","CPUPerc":"0.00%","MemUsage":"1.049MB / 536.9MB"}'),
    statsUsage('no json'),
  ]).toEqual([{ name: 'web', cpu: 128, memory: 23.5 }, { name: 'web', cpu: 0, memory: 1 }, undefined])
})

test('what a container cannot be given is refused by name', () => {
  expect([
    containerRefusal(container({ mountPoints: [{ sourceVolume: 'v' }] })),
    containerRefusal(container({ mountPoints: [] })),
  ]).toEqual(["Container app asks for mountPoints, which the sandbox's container runtime does not have", undefined])
})

describe('with images', () => {
  let shop: Bench
  afterEach(() => shop.cloud.close())

  test('an image is handed to the engine with layers that match its configuration', async () => {
    shop = bench()
    const image = await shop.image('app', { 'app/main.js': 'x' }, { Cmd: ['node'] })
    const files = new Map<string, string>()
    const archive = extract()
    const filling = pipeline(await imageArchive(image, localReference(image)), archive)
    for await (const entry of archive) files.set(entry.header.name, await text(entry as AsyncIterable<Uint8Array>))
    await filling
    const [manifest] = JSON.parse(files.get('manifest.json') ?? '[]')
    const config = files.get(manifest.Config) ?? ''
    const layer = gunzipSync(readFileSync(image.layers[0]?.path ?? ''))
    expect([manifest.RepoTags, manifest.Layers, manifest.Config, JSON.parse(config)]).toEqual([
      [`localhost/kiban-sandbox:${image.digest.slice(7, 39)}-amd64`],
      ['layer-0.tar'],
      `${sha256(config)}.json`,
      {
        os: 'linux',
        architecture: 'amd64',
        config: { Cmd: ['node'] },
        rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      },
    ])
  })

  test.skipIf(!hasSkopeo)(`skopeo takes that archive${hasSkopeo ? '' : ' (skipped: not installed)'}`, async () => {
    shop = bench()
    const image = await shop.image('app', { 'app/main.js': 'x' }, { Cmd: ['node'] })
    const file = join(shop.cloud.folder, 'archive.tar')
    await pipeline(await imageArchive(image, localReference(image)), createWriteStream(file))
    await promisify(execFile)('skopeo', ['copy', `docker-archive:${file}`, `oci:${join(shop.cloud.folder, 'copy')}`])
    const { stdout } = await promisify(execFile)('skopeo', ['inspect', '--config', `oci:${join(shop.cloud.folder, 'copy')}`])
    expect(JSON.parse(stdout).config).toEqual({ Cmd: ['node'] })
  })

  test('without an engine, processes are chosen, and containers are refused when they were asked for', async () => {
    shop = bench()
    const path = process.env.PATH
    process.env.PATH = shop.cloud.folder
    try {
      expect(chooseRuntime(shop.cloud, 'auto').name).toBe('process')
      expect(() => chooseRuntime(shop.cloud, 'container')).toThrow('No container engine answers')
    } finally {
      process.env.PATH = path
    }
  })
})

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
