/**
 * Ends the tasks' processes when the sandbox has gone without ending them, by kill -9 too. One tiny shell for all tasks
 * (about 1 MB) holds the reading end of a pipe: it is told of each process group, and the pipe's end is the sandbox's end.
 * Processes that left their group, or that were being started at that instant, are found by a mark in their environment
 * where the system shows it (Linux).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { engineEnvironment } from './container-arguments.ts'

// A constant text: what varies comes by arguments and the pipe.
const SCRIPT = `
mark=$1 engine=$2 folder=$3
groups=' '
while read -r what group; do
  case $what in
    start) groups="$groups$group " ;;
    done) exit 0 ;;
    end) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
if [ -n "$engine" ]; then
  for container in $("$engine" ps --all --quiet --filter "label=kiban.mark=$mark"); do "$engine" rm --force "$container"; done
fi
if [ -r /proc/self/environ ]; then
  rounds=0 clean=0
  while [ $clean -lt 4 ] && [ $rounds -lt 40 ]; do
    rounds=$((rounds + 1)) clean=$((clean + 1))
    for file in $(grep -lsF -- "$mark" /proc/[0-9]*/environ); do
      clean=0
      process=\${file#/proc/}
      kill -s KILL "\${process%/environ}"
    done
    sleep 0.25
  done
fi
[ -n "$folder" ] && rm -rf -- "$folder"
`

export interface Watchdog {
  /** Call it before a process is started: what dies with the sandbox in between is found by its mark. */
  open(): void
  started(group: number): void
  ended(group: number): void
  /** Ends the watchdog, and what has not ended by now. */
  close(): void
}

/**
 * `mark` is a text that the environment of each process to watch holds, and no other's. With a container engine named,
 * containers with the label `kiban.mark` of that value are removed too; so is `folder`.
 */
export function watchdog(mark: string, { engine = '', folder = '' } = {}): Watchdog {
  const groups = new Set<number>()
  let guard: ChildProcess | undefined
  let closed = false

  const start = () => {
    // A session of its own, so that the terminal's Ctrl-C reaches the sandbox and not its guard.
    guard = spawn('/bin/sh', ['-c', SCRIPT, 'kiban-watchdog', mark, engine, folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: engine ? engineEnvironment() : { PATH: '/usr/bin:/bin' },
      cwd: '/',
    })
    guard.unref()
    guard.stdin?.on('error', () => {})
    guard.on('error', () => {})
    guard.once('exit', () => {
      guard = undefined
      if (!closed && groups.size > 0) start()
    })
    for (const group of groups) tell('start', group)
  }
  const tell = (what: 'start' | 'end', group: number) => guard?.stdin?.write(`${what} ${group}\n`)

  return {
    open() {
      if (!guard && !closed) start()
    },
    started(group) {
      groups.add(group)
      tell('start', group)
    },
    ended(group) {
      groups.delete(group)
      tell('end', group)
    },
    close() {
      closed = true
      // Without this word it would look for strays for a second.
      guard?.stdin?.end(groups.size === 0 ? 'done 0\n' : undefined)
    },
  }
}
