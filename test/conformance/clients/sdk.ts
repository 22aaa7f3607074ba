// The AWS SDK for JavaScript as a client of scenarios.
import type { Client, Credentials, Outcome, Values } from '../scenario.ts'
import { type ServiceName, services } from '../services.ts'

interface Target {
  endpoint: string
  region: string
}

interface SdkClient {
  send(command: object): Promise<Values>
  destroy(): void
}

export function sdkClient(target: Target): Client {
  const clients = new Map<string, Promise<{ sdk: Values; client: SdkClient }>>()
  const clientOf = (service: ServiceName, as: 'nobody' | Credentials) => {
    const key = `${service} ${JSON.stringify(as)}`
    const known = clients.get(key) ?? newClient(target, service, as)
    clients.set(key, known)
    return known
  }
  return {
    async call(service, operation, input, as): Promise<Outcome> {
      const { sdk, client } = await clientOf(service, as)
      const Command = sdk[`${operation}Command`] as new (input: Values) => object
      try {
        const { $metadata, ...answer } = await client.send(new Command(encoded(input)))
        return { answer: (await plain(answer)) as Values }
      } catch (error) {
        if (isServiceError(error)) return { code: error.Code ?? error.name, message: error.message }
        if (isUnreadable(error)) return { unknown: `an answer that the SDK cannot read: ${error}` }
        throw error
      }
    },
    async close() {
      for (const { client } of await Promise.all(clients.values())) client.destroy()
    },
  }
}

async function newClient({ endpoint, region }: Target, service: ServiceName, as: 'nobody' | Credentials) {
  const sdk = (await services[service].sdk()) as Values
  const [, Client] = Object.entries(sdk).find(([name]) => /^[A-Z]\w+Client$/.test(name)) ?? []
  const who =
    as === 'nobody' ? { credentials: NO_ONE, signer: { sign: async (request: unknown) => request } } : { credentials: as }
  return { sdk, client: new (Client as new (config: object) => SdkClient)({ endpoint, region, maxAttempts: 1, ...who }) }
}

/** The `aws` CLI and boto3 encode the source of a copy by themselves; of the SDK's callers it is asked. */
function encoded(input: Values): Values {
  if (typeof input.CopySource !== 'string') return input
  return { ...input, CopySource: encodeURIComponent(input.CopySource).replaceAll('%2F', '/') }
}

const NO_ONE = { accessKeyId: '-', secretAccessKey: '-' }

/** A page for people, say, where an error of AWS's was due. */
const isUnreadable = (error: unknown): boolean => error instanceof Error && '$response' in error

type ServiceError = Error & { Code?: string; $fault: string }

const isServiceError = (error: unknown): error is ServiceError => error instanceof Error && '$fault' in error

/** Times as ISO 8601, bytes and streams as base64, members without a value left out. */
async function plain(value: unknown): Promise<unknown> {
  if (typeof value === 'string') return policyIn(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return Promise.all(value.map(plain))
  if ('transformToByteArray' in value) return plain(await (value.transformToByteArray as () => Promise<Uint8Array>)())
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null)
  return Object.fromEntries(await Promise.all(entries.map(async ([name, entry]) => [name, await plain(entry)])))
}

/** A policy document of IAM's, which botocore decodes by itself. */
function policyIn(text: string): unknown {
  if (!text.startsWith('%7B')) return undefined
  try {
    return JSON.parse(decodeURIComponent(text))
  } catch {
    return undefined
  }
}
