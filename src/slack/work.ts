// What the face of Slack stands on; app.ts makes it.
import type { Actor } from '../core/actor.ts'
import type { Context, Operation } from '../core/operation.ts'
import type { Language } from '../core/text.ts'
import type { View } from '../core/view.ts'
import type { SlackSettings } from './settings.ts'

/** A user of a workspace. */
export interface Sender {
  team: string
  slackUser: string
}

/** Where an answer goes. */
export interface Place extends Sender {
  channel: string
  channelName?: string
  responseUrl?: string
  thread?: string
}

export interface Asked extends Place {
  kind: 'command' | 'operation' | 'plan' | 'agreed'
  text?: string
  operation?: string
  input?: Record<string, unknown>
  view?: string
  of?: string
  mark?: string
}

export interface Request {
  id: string
  asked: Asked
  receivedAt: number
  doneAt: number | undefined
}

export interface Thread extends Sender {
  subject: string
  product: string
  channel: string
  ts: string
  language: Language
  told: string | undefined
}

export interface SlackWork {
  settings: SlackSettings
  operations: readonly Operation[]
  call(name: string, input: unknown, context: Context): Promise<unknown>
  stream(name: string, input: unknown, context: Context): AsyncIterable<unknown>
  /** Keeps what was asked, to be done by `carryOut` of this or another process; undefined for what is known by its key. */
  keep(asked: { key: string; asked: Asked }): Promise<string | undefined>
  request(id: string): Promise<Request | undefined>
  carryOver(id: string, asked: Asked): Promise<void>
  done(id: string): Promise<void>
  account(sender: Sender): Promise<{ name: string; language: Language } | undefined>
  /** A person with what is granted to them now; undefined when they are disabled. */
  person(name: string): Promise<Actor | undefined>
  code(shown: Sender & { slackName: string; language: Language }): Promise<string>
  keepThread(thread: Omit<Thread, 'told'>): Promise<boolean>
  threadOf(subject: string): Promise<Thread | undefined>
  openThreads(): Promise<Thread[]>
  threadTold(thread: Pick<Thread, 'subject'>, how: { told: string; ended: boolean }): Promise<void>
  /** Resolves at the next event, or after so long. */
  nextEvent(atMostMs: number, signal: AbortSignal): Promise<void>
  /** Begins to carry out what is kept, and to keep the messages true. */
  begin(handlers: {
    carryOut(id: string, signal: AbortSignal): Promise<void>
    keepThreads(signal: AbortSignal): Promise<void>
  }): Promise<void>
  /** Where people find the console. */
  address(): Promise<string>
  failed(error: Error): void
}

/** Draws a view as plain lines. */
export type Draw = (view: View, language: Language) => string[]
