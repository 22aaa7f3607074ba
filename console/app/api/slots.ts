// Which tabs of this browser hold a connection open. There are fewer places than connections, so that every tab can still
// ask and load; tabs that nobody looks at give theirs up first, and after them the one that has had it longest.
// https://developer.mozilla.org/docs/Web/API/Web_Locks_API
import { store, stored } from '../stored.ts'

/** Of the six connections that a browser opens to a host over HTTP/1.1. */
const SLOTS = 4
const NAMES = Array.from({ length: SLOTS }, (_, at) => `kiban.stream.${at}`)
const LAST = 'kiban.stream.last'
/** For hidden tabs to hear that their place is wanted, and to leave it. */
const YIELD_MS = 100

const wanted = new BroadcastChannel('kiban.stream')
let free: (() => void) | undefined
let lose: (() => void) | undefined

wanted.onmessage = () => document.hidden && lose?.()

/**
 * Takes a place; `lost` is called when another tab is given it. False for a hidden tab where none is free. A page without
 * locks (plain HTTP, not on this machine) keeps a connection as long as it can be seen.
 */
export async function takeSlot(lost: () => void): Promise<boolean> {
  if (free) return true
  if (!navigator.locks) return !document.hidden
  if (await takeFree(lost)) return true
  if (document.hidden) return false
  wanted.postMessage('wanted')
  await new Promise((resolve) => setTimeout(resolve, YIELD_MS))
  if (await takeFree(lost)) return true
  const longest = (Number(stored(LAST) ?? 0) + 1) % SLOTS
  return take(longest, { steal: true }, lost)
}

export function freeSlot(): void {
  const leave = free
  free = undefined
  lose = undefined
  leave?.()
}

async function takeFree(lost: () => void): Promise<boolean> {
  for (const at of NAMES.keys()) if (await take(at, { ifAvailable: true }, lost)) return true
  return false
}

function take(at: number, how: LockOptions, lost: () => void): Promise<boolean> {
  return new Promise((taken) => {
    const held = navigator.locks.request(NAMES[at] as string, how, (lock) => {
      if (!lock) return taken(false)
      store(LAST, String(at))
      lose = lost
      taken(true)
      return new Promise<void>((resolve) => {
        free = resolve
      })
    })
    // It ends by an error when the lock was stolen.
    held.catch(lost)
  })
}
