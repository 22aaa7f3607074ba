// Containers that the runtime cannot start, and those that wait for another in vain.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cannot-start-container.html
import type { Declared, SeenTask } from './evidence.ts'
import { said, type TaskRule, taskCause } from './task-rule.ts'

export const startRules: TaskRule[] = [
  (task) => {
    const found = said(task, /dependency graph: .*dependency \[([^\]]+)\] for target \[([^\]]+)\]/)
    const [, on = '', container = ''] = found ?? []
    return found && taskCause(task, 'dependency-failed', { container, on }, { container })
  },
  (task, declared) => {
    if (!said(task, /^CannotStartContainerError|^CannotCreateContainerError/)) return undefined
    const command = said(task, /exec: "([^"]*)"/)?.[1] ?? ''
    const container = blamed(task, declared)
    if (said(task, /executable file not found|no such file or directory/i))
      return taskCause(task, 'command-not-found', { command, container }, { container })
    if (said(task, /exec format error/i))
      return taskCause(
        task,
        'architecture',
        { image: image(declared, container), wanted: declared.platform, found: '' },
        { container },
      )
    if (said(task, /permission denied/i)) return taskCause(task, 'command-not-executable', { command, container }, { container })
    const reason = said(task, /^Cannot(?:Start|Create)ContainerError: (.*)/)?.[1] ?? ''
    return taskCause(task, 'cannot-start', { container, reason }, { container })
  },
]

const blamed = (task: SeenTask, { container }: Declared): string =>
  task.containers.find(({ reason }) => reason?.startsWith('Cannot'))?.name ?? container

export const image = ({ images }: Declared, container: string): string => images[container] ?? '?'
