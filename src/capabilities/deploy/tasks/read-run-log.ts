// The log of a run's tasks: each writes to a stream of its own, which is read from its beginning.
import { nextLines } from '../../../aws/logs.ts'
import type { AwsSession } from '../../../aws/session.ts'
import { KibanError } from '../../../core/error.ts'
import { taskRuns as text } from '../../../core/messages/task-runs.ts'
import type { Text } from '../../../core/text.ts'
import type { TaskRunItem } from './run-shapes.ts'
import type { TaskRun } from './task-run.ts'

type Line = TaskRunItem['lines'][number]

interface Stream {
  task: string
  container: string
  group: string
  name: string
  token: string | undefined
  /** Lines that whoever follows has seen before a connection was lost. */
  skip: number
}

export class RunLog {
  readonly #session: (region: string | undefined) => AwsSession
  #streams: Stream[] = []
  /** Lines told so far, by stream. */
  seen: number[]
  /** Why there are no lines. */
  unread: Text | undefined

  constructor(session: (region: string | undefined) => AwsSession, seen: readonly number[]) {
    this.#session = session
    this.seen = [...seen]
  }

  /** What is new, in the order of the times where there are several streams. */
  async look(run: TaskRun, signal: AbortSignal): Promise<Line[]> {
    if (this.#streams.length === 0) this.#open(run)
    const lines: Line[] = []
    for (const [at, stream] of this.#streams.entries()) lines.push(...(await this.#read(run, stream, at, signal)))
    return this.#streams.length > 1 ? lines.sort((a, b) => a.at - b.at) : lines
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html */
  #open({ tasks, plan }: TaskRun): void {
    const containers = plan.service.definition.containerDefinitions ?? []
    for (const { taskArn } of tasks) {
      const task = taskArn.split('/').at(-1) ?? ''
      for (const { name: container = '', logConfiguration } of containers) {
        const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix } = logConfiguration?.options ?? {}
        if (logConfiguration?.logDriver !== 'awslogs' || group === undefined || prefix === undefined) {
          if (container === plan.oneOff.container) this.unread = text.elsewhere(logConfiguration?.logDriver ?? 'none')
          continue
        }
        const skip = this.seen[this.#streams.length] ?? 0
        this.#streams.push({ task, container, group, name: `${prefix}/${container}/${task}`, token: undefined, skip })
      }
    }
    this.seen = this.#streams.map((_, at) => this.seen[at] ?? 0)
  }

  async #read({ plan }: TaskRun, stream: Stream, at: number, signal: AbortSignal): Promise<Line[]> {
    const read: Line[] = []
    const { task, container } = stream
    try {
      for (;;) {
        const { lines, token } = await nextLines(this.#session(plan.region), stream, stream.token, signal)
        const isLast = token === stream.token || lines.length === 0
        stream.token = token
        for (const { at, message } of lines) {
          if (stream.skip > 0) stream.skip--
          else read.push({ at, task, container, message: message.replace(/\n$/, '') })
        }
        if (isLast) break
      }
    } catch (error) {
      if (!(error instanceof KibanError)) throw error
      // A moment's trouble is over at the next look; what is forbidden stays so, and ends no run.
      if (error.kind !== 'throttled' && error.kind !== 'unavailable') this.unread = text.unread(error.text)
    }
    this.seen[at] = (this.seen[at] ?? 0) + read.length
    return read
  }
}
