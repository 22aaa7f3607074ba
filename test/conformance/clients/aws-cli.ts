// Debian's `aws`: a client with service models of its own, two years older than the SDK's.
import { execFile, execFileSync } from 'node:child_process'
import { accessSync, closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import type { Client, Credentials, Outcome, Values } from '../scenario.ts'
import type { ServiceName } from '../services.ts'
import { lineSession } from './line-session.ts'

/** Version 2 of the CLI, the first on PATH; undefined where there is none. */
export const awsCli: string | undefined = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'aws'))
  .filter(isExecutable)
  .find((path) => /^aws-cli\/2\./.test(versionOf(path)))

export const noAwsCli = 'no version 2 of the aws CLI on PATH; on Debian: sudo apt-get install awscli'

type Target = Pick<Sandbox, 'endpoint' | 'region'>

export interface CliAnswer {
  code: number
  /** The parsed output; undefined when there was none, the text itself when it is not JSON. */
  out: unknown
  error: string
}

/** Runs `aws` with nothing of the caller's own configuration. */
export function aws(target: Target, args: string[], as: 'nobody' | Credentials): Promise<CliAnswer> {
  const env = { PATH: process.env.PATH, ...BARE, ...environment(target, as) }
  return new Promise((resolve, reject) => {
    if (awsCli === undefined) return reject(new Error(noAwsCli))
    execFile(awsCli, everyCall(target, args, as), { env, maxBuffer: MAX_OUTPUT_BYTES }, (failure, out, error) => {
      if (failure && typeof failure.code !== 'number') return reject(failure)
      resolve({ code: Number(failure?.code ?? 0), out: parsed(out), error: error.trim() })
    })
  })
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
const BARE = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '', AWS_MAX_ATTEMPTS: '1' }

function environment({ region }: Target, as: 'nobody' | Credentials): Record<string, string> {
  if (as === 'nobody') return { AWS_DEFAULT_REGION: region }
  return {
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: as.accessKeyId,
    AWS_SECRET_ACCESS_KEY: as.secretAccessKey,
    ...(as.sessionToken !== undefined && { AWS_SESSION_TOKEN: as.sessionToken }),
  }
}

/** Debian's 2.9 does not know AWS_ENDPOINT_URL. */
const everyCall = ({ endpoint }: Target, args: string[], as: 'nobody' | Credentials): string[] => [
  ...['--endpoint-url', endpoint, '--output', 'json', '--no-paginate'],
  ...(as === 'nobody' ? ['--no-sign-request'] : []),
  ...args,
]

const SESSION = fileURLToPath(new URL('aws-cli-session.py', import.meta.url))

/** Where `aws` is a Python program its commands share one process; elsewhere each is a process of its own. */
export function awsCliClient(target: Target): Client {
  const python = awsCli === undefined ? undefined : interpreterOf(awsCli)
  const session = python === undefined ? undefined : lineSession([python, SESSION], { PATH: process.env.PATH ?? '', ...BARE })
  const folder = mkdtempSync(join(tmpdir(), 'kiban-aws-cli-'))
  const run = async (args: string[], as: 'nobody' | Credentials): Promise<CliAnswer> => {
    if (!session) return aws(target, args, as)
    const question = { arguments: everyCall(target, args, as), environment: { ...NO_KEYS, ...environment(target, as) } }
    const { code, out, error } = (await session.ask(question)) as { code: number; out: string; error: string }
    return { code, out: parsed(out), error: error.trim() }
  }
  return {
    async call(service, operation, input, as) {
      const { args, answer } = argumentsFor(service, operation, input, folder)
      return outcomeOf(await run(args, as), answer)
    },
    async close() {
      await session?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const NO_KEYS = { AWS_ACCESS_KEY_ID: null, AWS_SECRET_ACCESS_KEY: null, AWS_SESSION_TOKEN: null }

/** What the CLI sends whole it takes from files, and into files goes what it is sent. */
function argumentsFor(service: ServiceName, operation: string, input: Values, folder: string) {
  const command = [service === 's3' ? 's3api' : service, kebab(operation)]
  const out = join(folder, 'out')
  const whole = WHOLE[`${service}:${operation}`]
  if (whole) {
    const answer = (rest: Values) => whole.answer(rest, readFileSync(out).toString('base64'))
    return { args: [...command, ...options(input), ...whole.args(out)], answer }
  }
  const { Body, ...rest } = input
  const file = service === 's3' && Body instanceof Uint8Array ? join(folder, 'in') : undefined
  if (file) writeFileSync(file, Body as Uint8Array)
  const args = [...command, '--cli-input-json', JSON.stringify(jsonOf(file ? rest : input)), ...(file ? ['--body', file] : [])]
  // The CLI asks for keys in the encoding `url` and undoes it by itself.
  return { args, answer: ({ EncodingType, ...answer }: Values) => answer }
}

/** Commands that write a file, and so take no JSON. */
const WHOLE: Record<string, { args(out: string): string[]; answer(rest: Values, bytes: string): Values }> = {
  's3:GetObject': { args: (out) => [out], answer: (rest, Body) => ({ ...rest, Body }) },
  'lambda:Invoke': { args: (out) => [out], answer: (rest, Payload) => ({ ...rest, Payload }) },
  'iam:CreateVirtualMFADevice': {
    args: (out) => ['--outfile', out, '--bootstrap-method', 'Base32StringSeed'],
    answer: ({ VirtualMFADevice }, Base32StringSeed) => ({
      VirtualMFADevice: { ...(VirtualMFADevice as Values), Base32StringSeed },
    }),
  },
}

const options = (input: Values): string[] =>
  Object.entries(input).flatMap(([name, value]) => [`--${kebab(name)}`, String(jsonOf(value))])

/** `DescribeDBClusters` is describe-db-clusters, `ListObjectsV2` list-objects-v2. */
function kebab(operation: string): string {
  return operation
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
}

function jsonOf(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, jsonOf(entry)]))
}

/** https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html */
function outcomeOf({ code, out, error }: CliAnswer, answer: (out: Values) => Values): Outcome {
  if (code === 0) return { answer: answer((out ?? {}) as Values) }
  if (code === 252 || error.startsWith('SessionManagerPlugin is not found')) return { unknown: error }
  const [, name = '', message = ''] =
    /An error occurred \((.*?)\) when calling .*? operation(?: \(.*?\))?: ?([\s\S]*)/.exec(error) ?? []
  if (code !== 254 || name === '') throw new Error(`aws ended with ${code}: ${error}`)
  return { code: name, message }
}

function parsed(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function versionOf(path: string): string {
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}

/** The Python of a program's first line. */
function interpreterOf(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(200)
    return /^#!(\S*python[\d.]*)\s*$/m.exec(start.toString('utf8', 0, readSync(file, start)))?.[1]
  } finally {
    closeSync(file)
  }
}
