// One member of a data folder, until it is killed: `node owner-member.ts <folder>`. It asks for a number again and again; the
// owner counts in a file, and says so if it ever finds another living owner there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinOrOwn, type Served } from '../src/database/owner.ts'

const folder = process.argv[2] ?? ''
const mark = join(folder, 'owner-of-now')

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

async function serve(): Promise<Served> {
  const before = existsSync(mark) ? Number(readFileSync(mark, 'utf8')) : 0
  // A killed process gives its lock back a moment before it is gone.
  for (let look = 0; look < 5 && lives(before); look++) await new Promise((resolve) => setTimeout(resolve, 20))
  if (before !== 0 && before !== process.pid && lives(before)) process.stdout.write(`two owners: ${before} and ${process.pid}\n`)
  writeFileSync(mark, String(process.pid))
  process.stdout.write('owner\n')
  let count = 0
  return {
    async call(operation) {
      if (operation !== 'never') return `${process.pid}:${++count}`
      process.stdout.write('asked\n')
      return new Promise(() => {})
    },
    async *stream(_operation, _input, { signal, after }) {
      for (let item = Number(after ?? 0) + 1; item <= 40; item++) {
        yield item
        await new Promise((resolve) => setTimeout(resolve, 25))
        signal.throwIfAborted()
      }
    },
    close: async () => writeFileSync(mark, '0'),
  }
}

const member = await joinOrOwn({ folder, environment: {}, serve })
process.on('SIGTERM', () => member.close().then(() => process.exit(0)))
const never = new AbortController().signal
if (process.argv[3] === 'stream') {
  const items: unknown[] = []
  for await (const item of member.stream('count', {}, never)) items.push(item)
  process.stdout.write(`items ${items.join(',')}\n`)
  await member.close()
} else {
  for (;;) {
    await member.call('next', {}, never)
    process.stdout.write('answered\n')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
