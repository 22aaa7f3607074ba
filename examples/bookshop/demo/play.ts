// The prompt with which the demo leaves its visitor: their own shell, in the shop's repository, with kiban on its PATH.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { View } from '../../../src/core/view.ts'
import { showNext } from './ending.ts'
import type { Screen } from './screen.ts'
import type { Stage } from './stage.ts'
import type { Told } from './story.ts'
import { words } from './words.ts'

const REPOSITORY_PROGRAM = fileURLToPath(new URL('../repository.ts', import.meta.url))

/** Shows what to try, and stays until the visitor leaves the shell; without a terminal, until a signal. */
export async function play(stage: Stage, screen: Screen, told: Told, signal: AbortSignal): Promise<void> {
  const { terminal } = screen
  const tools = makeTools(stage)
  const env = { ...stage.env, PATH: `${tools}${delimiter}${stage.env.PATH}` }
  const isOnTerminal = Boolean(terminal.stdin.isTTY && terminal.stdout.isTTY)
  screen.show(showNext(told.url ?? ''))
  await told.traffic?.lap()
  if (isOnTerminal) {
    screen.show([{ kind: 'line', line: words.stays, mark: 'strong' }])
    await visitorsShell(stage, env, signal)
  } else {
    screen.show([{ kind: 'line', line: words.staysWithoutShell, mark: 'strong' }, ...exported(env), { kind: 'blank' }])
    await aborted(signal)
  }
  const lap = await told.traffic?.lap()
  if (lap)
    screen.show([{ kind: 'line', line: words.whilePlaying(lap.requests, lap.failed), mark: lap.failed === 0 ? 'good' : 'bad' }])
}

/** The command `release`, beside kiban. */
function makeTools({ folder, repository }: Stage): string {
  const tools = join(folder, 'bin')
  mkdirSync(tools, { recursive: true })
  const argv = [process.execPath, '--disable-warning=ExperimentalWarning', REPOSITORY_PROGRAM, 'commit', repository]
  writeFileSync(join(tools, 'release'), `#!/bin/sh\nexec ${argv.map(quoted).join(' ')} "$@"\n`, { mode: 0o755 })
  return tools
}

const SHOWN = [
  'AWS_ENDPOINT_URL',
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'KIBAN_BUILDER',
  'KIBAN_DATA',
  'PATH',
]

const exported = (env: NodeJS.ProcessEnv): View => [
  { kind: 'text', text: SHOWN.map((name) => `export ${name}=${quoted(env[name] ?? '')}`).join('\n') },
]

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Runs the visitor's shell until they leave it. */
function visitorsShell({ folder, repository }: Stage, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const { program, argv, more } = shellOf(folder, env)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = spawn(program, argv, { cwd: repository, env: { ...env, ...more }, stdio: 'inherit' })
  signal.addEventListener('abort', () => child.kill('SIGHUP'), { once: true })
  child.once('error', reject)
  child.once('close', () => resolve())
  return promise
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

interface Shell {
  program: string
  argv: string[]
  more: NodeJS.ProcessEnv
}

/** Each shell has its own way to be given a prompt after the visitor's own settings, which may also set PATH anew. */
function shellOf(folder: string, env: NodeJS.ProcessEnv): Shell {
  const program = env.SHELL || '/bin/sh'
  const path = `PATH=${quoted(env.PATH ?? '')}; export PATH`
  const own = join(folder, 'shell')
  mkdirSync(own, { recursive: true })
  const write = (name: string, text: string) => {
    writeFileSync(join(own, name), text)
    return join(own, name)
  }
  switch (basename(program)) {
    case 'bash': {
      const rc = write('bashrc', `[ -f ~/.bashrc ] && . ~/.bashrc\n${path}\nPS1="(kiban) $PS1"\n`)
      return { program, argv: ['--rcfile', rc, '-i'], more: {} }
    }
    case 'zsh': {
      const home = env.ZDOTDIR || env.HOME || ''
      write('.zshenv', `[ -f "${home}/.zshenv" ] && . "${home}/.zshenv"\n`)
      write('.zshrc', `ZDOTDIR="${home}"\n[ -f "${home}/.zshrc" ] && . "${home}/.zshrc"\n${path}\nPROMPT="(kiban) $PROMPT"\n`)
      return { program, argv: ['-i'], more: { ZDOTDIR: own } }
    }
    case 'fish': {
      const prompt = `set -gx PATH (string split : -- $KIBAN_DEMO_PATH); functions -c fish_prompt kiban_before; function fish_prompt; echo -n '(kiban) '; kiban_before; end`
      return { program, argv: ['-i', '-C', prompt], more: { KIBAN_DEMO_PATH: env.PATH } }
    }
    default: {
      const rc = write('shrc', `${path}\nPS1='(kiban) $ '\n`)
      return { program: /(^|\/)(sh|dash|ksh|ash)$/.test(program) ? program : '/bin/sh', argv: ['-i'], more: { ENV: rc } }
    }
  }
}
