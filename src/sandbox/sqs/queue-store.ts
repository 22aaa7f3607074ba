import { randomUUID } from 'node:crypto'
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { AwsError, type Cloud, type Queues, type Table } from '../cloud.ts'
import type { StoredMessage } from './message.ts'
import { numberOf, type Queue, redrivePolicy } from './queue.ts'

export interface NewMessage {
  body: string
  attributes: Record<string, MessageAttributeValue>
  system: Record<string, string>
  delaySeconds?: number
}

export interface Counts {
  visible: number
  inFlight: number
  delayed: number
}

export class QueueStore implements Queues {
  readonly queues: Table<Queue>
  readonly #cloud: Cloud
  readonly #waiters = new Map<string, Set<() => void>>()

  constructor(cloud: Cloud) {
    this.#cloud = cloud
    this.queues = cloud.table<Queue>('sqs.queues')
    for (const { name } of this.queues.values()) this.#release(name)
    cloud.onClose(() => {
      for (const name of this.#waiters.keys()) this.#wake(name)
    })
  }

  arn(name: string): string {
    return `arn:aws:sqs:${this.#cloud.region}:${this.#cloud.account}:${name}`
  }

  byArn(arn: string): Queue | undefined {
    const name = arn.slice(arn.lastIndexOf(':') + 1)
    return arn === this.arn(name) ? this.queues.get(name) : undefined
  }

  /** By the URL that CreateQueue gave, of which the host may have changed since. */
  byUrl(url: string | undefined): Queue {
    const [account, name = ''] = (url ?? '').split('/').slice(-2)
    const queue = account === this.#cloud.account ? this.queues.get(name) : undefined
    if (!queue) throw noQueue()
    return queue
  }

  remove(queue: Queue): void {
    this.messages(queue).clear()
    this.queues.delete(queue.name)
    this.#wake(queue.name)
  }

  messages(queue: Queue): Table<StoredMessage> {
    return this.#cloud.table<StoredMessage>(`sqs.messages.${queue.name}`)
  }

  add(queue: Queue, given: NewMessage): StoredMessage {
    const delay = given.delaySeconds ?? numberOf(queue, 'DelaySeconds')
    const sentAt = this.#cloud.clock.now()
    const message: StoredMessage = {
      id: randomUUID(),
      body: given.body,
      attributes: given.attributes,
      system: { ...given.system, SentTimestamp: String(sentAt) },
      sentAt,
      visibleAt: this.#cloud.clock.elapsed() + delay * 1000,
      receiveCount: 0,
    }
    this.put(queue, message)
    return message
  }

  put(queue: Queue, message: StoredMessage): void {
    this.messages(queue).set(message.id, message)
    this.#wake(queue.name)
  }

  /** Takes up to `most` messages out of sight; those received too often go to the dead-letter queue instead. */
  take(queue: Queue, most: number, visibilitySeconds: number): StoredMessage[] {
    const table = this.messages(queue)
    const now = this.#cloud.clock.elapsed()
    const taken: StoredMessage[] = []
    for (const message of this.#alive(queue)) {
      if (taken.length === most) break
      if (message.visibleAt > now || this.#redriven(queue, message)) continue
      const received: StoredMessage = {
        ...message,
        receiveCount: message.receiveCount + 1,
        receipt: randomUUID(),
        visibleAt: now + visibilitySeconds * 1000,
        system: {
          ...message.system,
          ApproximateReceiveCount: String(message.receiveCount + 1),
          ApproximateFirstReceiveTimestamp: message.system.ApproximateFirstReceiveTimestamp ?? String(this.#cloud.clock.now()),
        },
      }
      table.set(message.id, received)
      taken.push(received)
    }
    return taken
  }

  counts(queue: Queue): Counts {
    const now = this.#cloud.clock.elapsed()
    const counts = { visible: 0, inFlight: 0, delayed: 0 }
    for (const { visibleAt, receiveCount } of this.#alive(queue)) {
      counts[visibleAt <= now ? 'visible' : receiveCount > 0 ? 'inFlight' : 'delayed']++
    }
    return counts
  }

  /** Resolves when the queue may have something to take: a message arrived, or one comes into sight again. */
  changed(queue: Queue, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(queue.name) ?? new Set()
      this.#waiters.set(queue.name, waiters)
      const now = this.#cloud.clock.elapsed()
      const next = Math.min(...Array.from(this.#alive(queue), ({ visibleAt }) => visibleAt))
      const timer = Number.isFinite(next) ? this.#cloud.clock.after(Math.max(1, next - now), done) : undefined
      waiters.add(done)
      signal.addEventListener('abort', done, { once: true })

      function done() {
        timer?.cancel()
        waiters.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
    })
  }

  send(queueArn: string, body: string, attributes: Record<string, string> = {}): boolean {
    const queue = this.byArn(queueArn)
    if (!queue) return false
    const entries = Object.entries(attributes).map(([name, text]) => [name, { DataType: 'String', StringValue: text }])
    this.add(queue, { body, attributes: Object.fromEntries(entries), system: { SenderId: this.#cloud.account } })
    return true
  }

  /** Makes the messages of a receive visible again, as another process' clock has no meaning here. */
  #release(name: string): void {
    const table = this.#cloud.table<StoredMessage>(`sqs.messages.${name}`)
    for (const message of [...table.values()]) table.set(message.id, { ...message, visibleAt: 0 })
  }

  *#alive(queue: Queue): Generator<StoredMessage> {
    const table = this.messages(queue)
    const oldest = this.#cloud.clock.now() - numberOf(queue, 'MessageRetentionPeriod') * 1000
    for (const message of table.values()) {
      if (message.sentAt > oldest) yield message
      else table.delete(message.id)
    }
  }

  #redriven(queue: Queue, message: StoredMessage): boolean {
    const policy = redrivePolicy(queue)
    const target = policy && this.byArn(policy.deadLetterTargetArn)
    if (!policy || !target || target.arn === queue.arn || message.receiveCount < policy.maxReceiveCount) return false
    this.messages(queue).delete(message.id)
    const { receipt: _, ...rest } = message
    this.put(target, { ...rest, visibleAt: 0, system: { ...message.system, DeadLetterQueueSourceArn: queue.arn } })
    return true
  }

  #wake(name: string): void {
    for (const done of [...(this.#waiters.get(name) ?? [])]) done()
  }
}

export const noQueue = () => new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')
