/**
 * Runs `git` so that a repository can do nothing but be read: no hooks, no helpers named by its configuration, no
 * prompts, only known transports. The user's own configuration stays, for keys, credential helpers and proxies.
 */
import { KibanError } from '../core/error.ts'
import { git as messages } from '../core/messages/git.ts'
import { ProgramMissing, type ProgramOptions, ProgramTimedOut, printable, runProgram } from '../core/program.ts'

const DEFAULT_TIMEOUT_MS = 60_000
const LAST_LINES = 10

export interface GitOptions extends Pick<ProgramOptions, 'input' | 'signal'> {
  /** The bare repository to work on; left out for commands that need none. */
  gitDir?: string
  /** Where the command runs; only for a working tree of the user's own. */
  cwd?: string
  env?: NodeJS.ProcessEnv
  timeoutMs?: number
  /** For errors: the repository as people know it. */
  shown?: string
  /** Exit codes that are an answer; 0 when left out. */
  expect?: readonly number[]
}

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  // The same bytes on every machine.
  'core.autocrlf=false',
  'core.symlinks=true',
  'protocol.ext.allow=never',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'log.showSignature=false',
  'maintenance.auto=false',
  'gc.auto=0',
]

/** What git needs of the user's environment: to be found, to find its configuration, and to reach hosts. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_CONFIG_HOME|SSH_AUTH_SOCK|SSH_AGENT_PID|GIT_SSH|GIT_SSH_COMMAND|GIT_ASKPASS|GIT_SSL_\w+|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE|(https?|all|no)_proxy)$/i

/** Runs git and gives what it printed. Throws KibanError `git.*`. */
export async function git(argv: readonly string[], options: GitOptions): Promise<{ code: number; stdout: string }> {
  const place = options.gitDir === undefined ? [] : ['--git-dir', options.gitDir]
  const whole = ['--no-pager', ...SETTINGS.flatMap((setting) => ['-c', setting]), ...place, ...argv]
  const { cwd, input, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options
  const env = { ...environment(), ...options.env }
  const ended = await runProgram('git', whole, { cwd, input, signal, timeoutMs, env }).catch((cause: unknown) => {
    if (cause instanceof ProgramMissing)
      throw new KibanError('unavailable', 'git.missing', messages.missing, { hint: messages.missingHint, cause })
    if (cause instanceof ProgramTimedOut)
      throw new KibanError('unavailable', 'git.failed', messages.timedOut(argv[0] ?? ''), { cause })
    throw cause
  })
  const { code, stdout, stderr } = ended
  if (code === undefined || !(options.expect ?? [0]).includes(code))
    throw refusal(argv[0] ?? '', stderr, options.shown ?? options.gitDir ?? '')
  return { code, stdout }
}

function environment(): NodeJS.ProcessEnv {
  const passed = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)))
  return {
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
    ...passed,
    // git's messages are read below.
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    SSH_ASKPASS: '',
    GIT_ALLOW_PROTOCOL: 'file:ssh:https',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
  }
}

const REFUSALS: { said: RegExp; error: (shown: string) => ConstructorParameters<typeof KibanError> }[] = [
  {
    said: /host key verification failed/i,
    error: (shown) => ['unauthenticated', 'git.auth-failed', messages.authFailed(shown), { hint: messages.hostKey }],
  },
  {
    said: /authentication failed|could not read (username|password)|permission denied|terminal prompts disabled|returned error: 40[13]|access denied/i,
    error: (shown) => ['unauthenticated', 'git.auth-failed', messages.authFailed(shown), { hint: messages.authFailedHint }],
  },
  {
    said: /repository .*not found|does not appear to be a git repository|not a git repository|returned error: 404|no such file or directory|does not exist/i,
    error: (shown) => [
      'not-found',
      'git.repository-missing',
      messages.repositoryMissing(shown),
      { hint: messages.repositoryMissingHint },
    ],
  },
  {
    said: /could not resolve host|connection (refused|timed out|reset)|network is unreachable|operation timed out|unable to access|early eof|unexpected disconnect/i,
    error: (shown) => ['unavailable', 'git.failed', messages.unreachable(shown)],
  },
]

function refusal(command: string, stderr: string, shown: string): KibanError {
  const details = printable(stderr).trim().split('\n').slice(-LAST_LINES).map(messages.line)
  const cause = new Error(printable(stderr))
  const known = REFUSALS.find(({ said }) => said.test(stderr))
  const [kind, code, text, options] = known?.error(shown) ?? ['internal', 'git.failed', messages.failed(command)]
  return new KibanError(kind, code, text, { ...options, details, cause })
}
