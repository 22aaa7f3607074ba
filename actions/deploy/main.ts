// The action: node runs it as it is written.
import { deploy } from './deploy.ts'

const cancelled = new AbortController()
// A job that is cancelled gets SIGINT, 7.5 s later SIGTERM, and is killed 2.5 s after that:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => cancelled.abort())

process.exitCode = await deploy(process.env, cancelled.signal)
