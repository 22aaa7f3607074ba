// The Session Manager plugin, AWS's own client of sessions, started by the `aws` CLI as people do it.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { spawn } from '@lydell/node-pty'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLUSTER, type ExecStage, execStage } from '../exec-stage.ts'
import { awsCli, noAwsCli } from './clients/aws-cli.ts'

const plugin = versionOf('session-manager-plugin')
const missing = awsCli === undefined ? noAwsCli : 'no session-manager-plugin on PATH; it can be had from AWS'

describe.skipIf(plugin === undefined || awsCli === undefined)(`The Session Manager plugin (${plugin ?? missing})`, () => {
  let stage: ExecStage
  beforeAll(async () => {
    stage = await execStage()
  })
  afterAll(() => stage.sandbox.close())

  test('has the terminal, the environment and the signals of a shell', async () => {
    const args = ['ecs', 'execute-command', '--cluster', CLUSTER, '--task', stage.task, '--interactive', '--command', 'sh']
    const session = onTerminal(stage, args)
    await session.says('# ')
    session.types('stty size; echo "$GREETING, $AWS_EXECUTION_ENV"\r')
    await session.says('33 111')
    await session.says('こんにちは, AWS_ECS_FARGATE')
    session.types('trap "echo caught-$((1+1))" INT; sleep 60\r')
    await wait(500)
    session.types('\u0003')
    await session.says('caught-2')
    session.types('exit\r')
    expect(await session.code).toBe(0)
  })

  test('is given 2 MB whole', async () => {
    const command = `node -e 'process.stdout.write("0123456789".repeat(2e5) + "the-end")'`
    const args = ['ecs', 'execute-command', '--cluster', CLUSTER, '--task', stage.task, '--interactive', '--command', command]
    const session = onTerminal(stage, args)
    expect(await session.code).toBe(0)
    expect(session.text()).toContain(`${'0123456789'.repeat(2e5)}the-end`)
  })

  test('reaches a container by Session Manager', async () => {
    const target = await stage.target()
    const session = onTerminal(stage, ['ssm', 'start-session', '--target', target])
    await session.says('# ')
    session.types('echo $((20+22)); exit\r')
    await session.says('42')
    expect(await session.code).toBe(0)
  })

  test('forwards a port, for several connections at once', async () => {
    const body = randomBytes(200_000)
    const server = createServer((_request, response) => response.end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const target = await stage.target()
    const parameters = `host=127.0.0.1,portNumber=${(server.address() as AddressInfo).port}`
    const document = ['--document-name', 'AWS-StartPortForwardingSessionToRemoteHost', '--parameters', parameters]
    const session = onTerminal(stage, ['ssm', 'start-session', '--target', target, ...document])
    await session.says('Waiting for connections')
    const [, port] = /Port (\d+) opened/.exec(session.text()) ?? []
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => fetch(`http://127.0.0.1:${port}/`).then((one) => one.bytes())),
    )
    expect(answers.map((bytes) => Buffer.compare(bytes, body))).toEqual([0, 0, 0, 0])
    session.types('\u0003')
    await session.code
    server.close()
  })
})

function onTerminal({ sandbox }: ExecStage, args: string[]) {
  const env = { ...sandbox.env, PATH: process.env.PATH ?? '', HOME: '/nonexistent', AWS_PAGER: '' }
  const pty = spawn(awsCli ?? '', [...args, '--endpoint-url', sandbox.endpoint], { cols: 111, rows: 33, env })
  let text = ''
  pty.onData((data) => {
    text += data
  })
  const code = new Promise<number>((resolve) => void pty.onExit(({ exitCode }) => resolve(exitCode)))
  return {
    code,
    text: () => text,
    types: (line: string) => pty.write(line),
    async says(wanted: string) {
      for (let tries = 0; !text.includes(wanted); tries++) {
        if (tries > 1_000) throw new Error(`It never said ${wanted}, but: ${text}`)
        await wait(20)
      }
    },
  }
}

function versionOf(program: string): string | undefined {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}
