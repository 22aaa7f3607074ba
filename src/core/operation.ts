import type { z } from 'zod'
import type { Actor } from './actor.ts'
import type { CallerEnvironment } from './caller.ts'
import type { Permission, Place } from './permission.ts'
import type { Text } from './text.ts'
import type { Verdict } from './verdict.ts'
import type { Frame, View } from './view.ts'

/**
 * What may be done, declared once: the CLI command, the HTTP route, the OpenAPI entry, the permission check and the
 * audit event come from this one object. Two kinds only: `call` answers once, `stream` follows something.
 */
export type Operation = CallOperation | StreamOperation

// biome-ignore lint/suspicious/noExplicitAny: a list of operations holds every input and output
type Schema = z.ZodObject<any>

interface Declared<Input extends Schema> {
  /** `noun.verb`, the noun singular: `deployment.start`. */
  name: string
  summary: Text
  http: { method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; path: string }
  permission: Permission | ((input: z.infer<Input>) => Permission)
  /** Where it acts, for the permission check. */
  place: (input: z.infer<Input>) => Place
  /** 0 asks nothing · 1 asks once, with the effect in words · 2 asks for a reason too · 3 asks to type the name. */
  risk: 0 | 1 | 2 | 3
  input: Input
  /** Whether it only looks with this input: then nothing is asked. */
  looksOnly?(input: z.infer<Input>): boolean
  /** The effect in words, asked before it happens. */
  question?: (input: z.infer<Input>) => Text
  /** A call whose answer shows the effect before a person agrees to it; `carry` hands what was shown to the real thing. */
  preview?: { operation: string; carry: (shown: unknown) => Record<string, unknown> }
  /**
   * Its answer holds a session's secret: `opens` hands it to a browser as a cookie that no script can read, `closes` takes
   * that away. `begins` hands over the secret of a login under way likewise.
   */
  session?: 'begins' | 'opens' | 'closes'
  /** A browser's or a program's matter: no command of its own. */
  hidden?: boolean
  /** What only the caller's own files can say of the input, asked where the caller stands and before anything else. */
  atCaller?(input: z.infer<Input>, at: AtCaller): Promise<{ input: Partial<z.infer<Input>>; notes: Note[] }>
  /** Answers from itself alone: runs wherever it is asked, and opens nothing. */
  standalone?: boolean
  /** Works on the caller's own files: runs in the caller's process, and no server offers it. */
  local?: boolean
  /** The command line beside `kiban noun verb`: an everyday alias, and which inputs are positional, in order. */
  cli?: { alias?: string; positional?: string[]; short?: Record<string, string> }
}

export interface CallOperation<Input extends Schema = Schema, Output extends z.ZodType = z.ZodType> extends Declared<Input> {
  kind: 'call'
  output: Output
  run(context: Context, input: z.infer<Input>): Promise<z.infer<Output>>
  /** Pure; made where it is read. */
  show(output: z.infer<Output>): View
  /** How the thing ended, when it can end badly without an error. */
  verdict?(output: z.infer<Output>): Verdict | undefined
}

export interface StreamOperation<Input extends Schema = Schema, Item extends z.ZodType = z.ZodType> extends Declared<Input> {
  kind: 'stream'
  item: Item
  run(context: Context, input: z.infer<Input>): AsyncIterable<z.infer<Item>>
  /** Where an item stands in its stream; a caller that lost its connection gives it back as `Context.after`. */
  position?(item: z.infer<Item>): string
  /** The position of one that goes on from now: so its reader misses nothing by coming back before the first item. */
  begins?(): Promise<string>
  show(item: z.infer<Item>): Frame
  /** For somebody who stops watching before the end: what goes on, and how to come back to it. */
  leave?(item: z.infer<Item>): View
  /** Read from the last item. */
  verdict?(item: z.infer<Item>): Verdict | undefined
  /** For what is kept rather than watched: the files that its items can make, by the value of its input `format`. */
  files?: Record<string, ItemFile<z.infer<Item>>>
  /** Where it runs a program, whose exit code is then the command's: read from the last item, `failed` for any error of kiban's. */
  exit?: { of(item: z.infer<Item>): number | undefined; failed: number }
  /** What Ctrl-C asks for before it leaves, and what is said then; the second Ctrl-C leaves. */
  interrupt?(item: z.infer<Item>): { operation: string; input: Record<string, unknown>; say: Text }
}

/** What a person should know before it begins. */
export interface Note {
  text: Text
  tone: 'muted' | 'warn'
}

export interface AtCaller {
  /** The work is done by a server, which sees none of the caller's files. */
  far: boolean
  signal: AbortSignal
}

/** How items become a file. */
export interface ItemFile<Item = unknown> {
  name: string
  /** Of the media. */
  type: string
  /** What stands before the first item. */
  head: string
  line(item: Item): string
}

/** The file that an input asks for, where its operation makes any. */
export const fileOf = ({ files }: StreamOperation, input: unknown): ItemFile | undefined =>
  files?.[String((input as { format?: unknown } | undefined)?.format)]

/** What every operation is given; what a capability needs beyond it, it receives when app.ts makes it. */
export interface Context {
  actor: Actor
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal
  /** The same when a request is made again because its answer was lost: what it starts is started once. */
  requestId: string
  /** Variables of the caller: with what credentials to act, how to build. Undefined: those of this process. */
  environment: CallerEnvironment | undefined
  /** Position of the last item that the caller has seen, when a stream is taken up again. */
  after?: string
  /** What the caller's program calls itself. */
  agent?: string
  /** Where people find this server, for links that they are given. */
  publicUrl?: URL
}

/** Declares an operation that answers once; only fixes the types. */
export const call = <Input extends Schema, Output extends z.ZodType>(
  operation: Omit<CallOperation<Input, Output>, 'kind'>,
): Operation => ({ ...operation, kind: 'call' }) as unknown as Operation

/** Declares an operation that follows something. */
export const stream = <Input extends Schema, Item extends z.ZodType>(
  operation: Omit<StreamOperation<Input, Item>, 'kind'>,
): Operation => ({ ...operation, kind: 'stream' }) as unknown as Operation

/** What a field of an input is for, in every language: `z.string().meta(about('Environment', '環境'))`. */
export const about = (en: string, ja: string) => ({ description: en, ja })
