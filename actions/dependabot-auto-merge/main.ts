// The action: node runs it as it is written.
import { autoMerge } from './auto-merge.ts'

process.exitCode = await autoMerge(process.env)
