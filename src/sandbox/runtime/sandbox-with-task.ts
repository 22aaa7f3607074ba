// Run by a test as a process of its own: starts one task, says where its processes are, and waits to be killed.

import { processRuntime } from './process.ts'
import { bench, container, run, taskPlan } from './runtime-for-tests.ts'

const shop = bench()
const runtime = processRuntime(shop.cloud)
// One child in the task's process group and one in a session of its own; all three ignore SIGTERM.
await shop.image(
  'app',
  {
    'main.js': `
    process.on('SIGTERM', () => {})
    const { spawn } = require('node:child_process')
    const sleep = ['-c', 'trap "" TERM; while :; do sleep 1; done']
    console.log(process.pid, spawn('sh', sleep).pid, spawn('sh', sleep, { detached: true }).pid)
    setInterval(() => {}, 1000)`,
  },
  { Cmd: ['node', 'main.js'] },
)
process.stdout.write(`${shop.cloud.folder}\n`)
const task = run(runtime, taskPlan([container({ environment: [{ name: 'OF_TEST', value: process.argv[3] }] })]))
if (process.argv[2] === 'closing') {
  process.on('SIGTERM', async () => {
    await shop.cloud.close()
    process.exit(0)
  })
}
const timer = setInterval(() => {
  const [pids] = shop.lines('app', task.taskId)
  if (!pids) return
  clearInterval(timer)
  process.stdout.write(`${pids}\n`)
}, 50)
setInterval(() => {}, 1000)
