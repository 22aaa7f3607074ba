import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { ProgramMissing, ProgramTimedOut, printable, runProgram } from './program.ts'

const env = { PATH: process.env.PATH }

describe('a program', () => {
  test('is given its words as they are, its input and only its own environment', async () => {
    const script = 'cat; printf "%s|" "$@"; echo "$HOME$MINE"'
    const ended = await runProgram('sh', ['-c', script, 'sh', '$HOME; a b', '*'], { env: { ...env, MINE: 'mine' }, input: 'in|' })
    expect(ended).toEqual({ code: 0, signal: undefined, stdout: 'in|$HOME; a b|*|mine\n', stderr: '' })
  })

  test('that fails is a result, with both of its outputs', async () => {
    expect(await runProgram('sh', ['-c', 'echo out; echo err >&2; exit 3'], { env })).toEqual({
      code: 3,
      signal: undefined,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect(await runProgram('sh', ['-c', 'kill -KILL $$'], { env })).toMatchObject({ code: undefined, signal: 'SIGKILL' })
  })

  test('that is not there, or takes too long, is an error of its own', async () => {
    await expect(runProgram('no-such-program', [], { env })).rejects.toBeInstanceOf(ProgramMissing)
    await expect(runProgram('sleep', ['60'], { env, timeoutMs: 50 })).rejects.toBeInstanceOf(ProgramTimedOut)
  })

  test('tells its lines as they come, without what would move a cursor', async () => {
    const lines: string[] = []
    await runProgram('printf', ['\\033[31mred\\033[0m\\007\\nhalf\\rnext\\r\\nlast'], { env, onLine: (line) => lines.push(line) })
    expect(lines.join('|')).toBe('red|half|next|last')
  })

  test('can hand its output on instead of having it kept', async () => {
    let seen = ''
    const take = async (stdout: NodeJS.ReadableStream) => {
      seen = await text(stdout)
    }
    expect((await runProgram('echo', ['large'], { env, onStdout: take })).stdout).toBe('')
    expect(seen).toBe('large\n')
  })

  test('is ended with everything that it started, by a signal it ignores too', async () => {
    const stop = new AbortController()
    let pid = ''
    const running = runProgram('sh', ['-c', 'trap "" TERM; (trap "" TERM; sleep 60) & echo $!; wait; sleep 60'], {
      env,
      signal: stop.signal,
      onLine: (line) => {
        pid = line
        stop.abort(new Error('enough'))
      },
    })
    await expect(running).rejects.toThrow('enough')
    expect(spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim()).toMatch(/^(Z.*)?$/)
  })

  test('is not even started when nobody wants it any more', async () => {
    await expect(runProgram('echo', [], { env, signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late')
  })

  test('that leaves something running behind does not keep it', async () => {
    const { stdout } = await runProgram('sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], { env })
    await expect
      .poll(() => spawnSync('ps', ['-o', 'stat=', '-p', stdout.trim()], { encoding: 'utf8' }).stdout.trim())
      .toMatch(/^(Z.*)?$/)
  })
})

test('a program that ends with us is ended when we are killed', async () => {
  const program = `
    import { runProgram } from ${JSON.stringify(new URL('./program.ts', import.meta.url).href)}
    await runProgram('sh', ['-c', 'trap "" TERM; sleep 300 & echo $!; wait'], {
      env: process.env, endsWithUs: true, onLine: (line) => process.stdout.write(line + '\\n') })`
  const us = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = await once(createInterface({ input: us.stdout }), 'line')
  const state = () => spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim()
  expect(state()).toMatch(/^[SR]/)
  us.kill('SIGKILL')
  await expect.poll(state, { timeout: 10_000 }).toMatch(/^(Z.*)?$/)
})

test('control characters of text from outside are taken out, and line ends are kept', () => {
  expect(printable('a\u001b]0;title\u0007b\u0000\tc\n\u009bd')).toBe('ab\tc\nd')
})
