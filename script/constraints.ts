/**
 * Gathers the limits of every served operation's input (lengths, ranges, patterns, enumerations) from botocore's
 * service models, which have them where the SDK's schemas do not.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Service } from '../src/sandbox/cloud.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'
import type { Constraint, ConstraintTable } from '../src/sandbox/wire/constraints.ts'
import { modelOf } from '../src/sandbox/wire/model.ts'
import type { Shape } from '../src/sandbox/wire/shape.ts'
import { PLAIN } from '../src/sandbox/wire/validation.ts'

/** Where botocore's folder of a service does not bear its signing name. */
const FOLDERS: Record<string, string> = { monitoring: 'cloudwatch', elasticloadbalancing: 'elbv2' }
const TABLE = new URL('../src/sandbox/wire/constraints.generated.json', import.meta.url)
const MAX_BYTES = 60 * 1024

interface BotocoreShape {
  type: string
  members?: Record<string, { shape: string }>
  member?: { shape: string }
  key?: { shape: string }
  value?: { shape: string }
  min?: number
  max?: number
  pattern?: string
  enum?: string[]
}

interface BotocoreModel {
  operations: Record<string, { input?: { shape: string } }>
  shapes: Record<string, BotocoreShape>
}

const root = process.argv[2]
if (root === undefined) throw new Error('usage: script/constraints.ts FOLDER')
const sandbox = await startSandbox({ log: () => {} })
const pool: Constraint[] = []
const table: ConstraintTable = { from: botocoreVersion(root), constraints: pool, services: {} }
for (const service of sandbox.services.filter(({ signingName }) => !PLAIN.has(signingName)))
  table.services[service.signingName] = await structuresOf(service, root)
await sandbox.close()
const text = `${JSON.stringify(table)}\n`
if (Buffer.byteLength(text) > MAX_BYTES) throw new Error(`The table has ${Buffer.byteLength(text)} bytes, above ${MAX_BYTES}`)
writeFileSync(TABLE, text)
console.log(`${Buffer.byteLength(text)} bytes, ${pool.length} constraints, from ${table.from}`)

async function structuresOf(service: Service, botocore: string): Promise<Record<string, Record<string, number>>> {
  const source = readModel(botocore, FOLDERS[service.signingName] ?? service.signingName)
  const { operations } = modelOf(await service.client())
  const found: Record<string, Record<string, number>> = {}
  for (const name of Object.keys(service.handlers)) {
    const input = source.operations[name]?.input
    const operation = operations.get(name)
    if (input && operation) gather(operation.input, input.shape, source, found)
  }
  return found
}

function readModel(botocore: string, folder: string): BotocoreModel {
  const versions = readdirSync(join(botocore, 'data', folder)).sort()
  const path = join(botocore, 'data', folder, versions.at(-1) ?? '', 'service-2.json.gz')
  return JSON.parse(gunzipSync(readFileSync(path)).toString())
}

/** Walks a shape of the SDK and of botocore side by side; the table goes by the SDK's names. */
function gather(shape: Shape, name: string, source: BotocoreModel, found: Record<string, Record<string, number>>): void {
  const other = source.shapes[name]
  if (!other) return
  if (shape.kind === 'list' && other.member) gather(shape.item.shape, other.member.shape, source, found)
  if (shape.kind === 'map' && other.value) gather(shape.value.shape, other.value.shape, source, found)
  if ((shape.kind !== 'structure' && shape.kind !== 'union') || found[shape.name]) return
  const members: Record<string, number> = {}
  found[shape.name] = members
  for (const member of shape.members) {
    const target = other.members?.[member.name]?.shape
    if (target === undefined) continue
    const constraint = constraintOf(target, source)
    if (constraint) members[member.name] = indexOf(constraint)
    gather(member.shape, target, source, found)
  }
  if (Object.keys(members).length === 0) delete found[shape.name]
}

function constraintOf(name: string, source: BotocoreModel): Constraint | undefined {
  const shape = source.shapes[name]
  if (!shape) return undefined
  const constraint: Constraint = {}
  if (shape.min !== undefined && !(shape.min === 0 && isSized(shape))) constraint.min = shape.min
  if (shape.max !== undefined) constraint.max = shape.max
  if (shape.pattern !== undefined && isUsable(shape.pattern)) constraint.pattern = shape.pattern
  if (shape.enum) constraint.enum = shape.enum
  if (shape.type === 'float' || shape.type === 'double') constraint.float = true
  const item = shape.member && constraintOf(shape.member.shape, source)
  const key = shape.key && constraintOf(shape.key.shape, source)
  const value = shape.value && constraintOf(shape.value.shape, source)
  if (item) constraint.item = item
  if (key) constraint.key = key
  if (value) constraint.value = value
  return Object.keys(constraint).length === 0 ? undefined : constraint
}

function isSized({ type }: BotocoreShape): boolean {
  return ['string', 'list', 'map', 'blob'].includes(type)
}

/** Patterns that say nothing, or that JavaScript's expressions cannot say, are left out. */
function isUsable(pattern: string): boolean {
  if (/^\^?(\.\*|\[\\s\\S\]\*)\$?$/.test(pattern)) return false
  try {
    new RegExp(pattern, 'us')
    return true
  } catch {
    return false
  }
}

function indexOf(constraint: Constraint): number {
  const text = JSON.stringify(constraint)
  const known = pool.findIndex((one) => JSON.stringify(one) === text)
  return known < 0 ? pool.push(constraint) - 1 : known
}

function botocoreVersion(botocore: string): string {
  const [, version] = /__version__ = '([^']+)'/.exec(readFileSync(join(botocore, '__init__.py'), 'utf8')) ?? []
  return `botocore ${version}`
}
