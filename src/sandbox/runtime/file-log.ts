import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LogDriver, LogPlace } from './log-driver.ts'

const MAX_FILE_BYTES = 16 * 1024 * 1024
const MAX_WAITING_BYTES = 1024 * 1024

/** Keeps what no driver takes in `{folder}/{task}/{container}.log`, one JSON object a line as Docker's json-file does. */
export function fileLog({ cloud, task, container, folder }: LogPlace): LogDriver {
  const place = join(folder, task.taskId)
  mkdirSync(place, { recursive: true })
  const file = createWriteStream(join(place, `${container.name}.log`), { flags: 'a' })
  file.on('error', () => {})
  let room = MAX_FILE_BYTES
  return {
    write(line, source) {
      if (room <= 0 || file.writableLength > MAX_WAITING_BYTES) return
      const record = `${JSON.stringify({ log: `${line}\n`, stream: source, time: new Date(cloud.clock.now()).toISOString() })}\n`
      room -= record.length
      file.write(record)
    },
    close: () =>
      new Promise((resolve) => {
        file.once('close', resolve)
        file.end()
      }),
  }
}
