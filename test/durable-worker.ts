// A process that works on things until it is killed: `node durable-worker.ts <database URL>`; tells what it does on stdout.
import { openDatabase } from '../src/database/open-database.ts'
import { openDurable } from '../src/durable/durable.ts'

const database = await openDatabase({ url: process.argv[2] })
const durable = await openDurable(database, { kinds: ['thing'], failed: (error) => process.stderr.write(`${error.message}\n`) })
await durable.work(
  'thing',
  async (id, signal) => {
    process.stdout.write(`started ${id}\n`)
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  },
  { atATime: 2 },
)
process.stdout.write('ready\n')
