import { type Listeners, tcpListeners } from './process-table.ts'

const FRESH_MS = 500

/**
 * Watches where a container listens until it listens on its own port. Called with its processes at each sample, it gives
 * the reason to stop it once it has listened elsewhere, and not on its own port, for `graceMs`.
 */
export function misplacedListener(
  ports: readonly { containerPort: number; hostPort: number }[],
  graceMs: number,
  listeners: () => Listeners | undefined = recentListeners,
): (pids: readonly number[]) => string | undefined {
  const own = ports[0]
  let settled = own === undefined
  let since: number | undefined
  return (pids) => {
    if (settled || !own) return undefined
    const now = listeners()
    if (now === undefined || ports.some(({ hostPort }) => now.all.has(hostPort))) {
      settled = true
      return undefined
    }
    const found = now.of(pids)
    if (found.length === 0) {
      since = undefined
      return undefined
    }
    since ??= performance.now()
    return performance.now() - since < graceMs ? undefined : misplacedReason(found, own)
  }
}

let recent: { at: number; listeners: Listeners | undefined } | undefined

/** One look for all containers of a sample. */
function recentListeners(): Listeners | undefined {
  if (!recent || performance.now() - recent.at > FRESH_MS) recent = { at: performance.now(), listeners: tcpListeners() }
  return recent.listeners
}

function misplacedReason(found: number[], { containerPort, hostPort }: { containerPort: number; hostPort: number }): string {
  const ports = `${found.length > 1 ? 'ports' : 'port'} ${found.join(', ')}`
  return `The container listens on ${ports}, but the sandbox gave it port ${hostPort} in PORT for its containerPort ${containerPort}. On AWS (awsvpc) every task has its own address; the sandbox's processes share one machine, so listen on PORT`
}
