// What a target is given of an event: all of it, a part, a text of its own, or a template filled in.
import type { Target } from '@aws-sdk/client-eventbridge'
import { AwsError } from '../cloud.ts'
import type { Json } from './pattern.ts'

/** The text that a target gets; JSON, unless a template makes something else. */
export function inputOf(target: Target, event: Json, rule: { name: string; arn: string }): string {
  if (target.Input !== undefined) return target.Input
  if (target.InputPath !== undefined) return JSON.stringify(valueAt(event, target.InputPath) ?? {})
  if (!target.InputTransformer) return JSON.stringify(event)
  const { InputPathsMap = {}, InputTemplate = '' } = target.InputTransformer
  const values: Record<string, Json | undefined> = {
    'aws.events.rule-name': rule.name,
    'aws.events.rule-arn': rule.arn,
    'aws.events.event': withoutDetail(event),
    'aws.events.event.json': event,
    'aws.events.event.ingestion-time': new Date().toISOString(),
  }
  for (const [name, path] of Object.entries(InputPathsMap)) values[name] = valueAt(event, path)
  return filled(InputTemplate, values)
}

/**
 * Fills in `<name>`: a text inside quotes as it is and elsewhere quoted, anything else as JSON
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html).
 */
function filled(template: string, values: Record<string, Json | undefined>): string {
  const isJson = /^\s*[{[]/.test(template)
  let quoted = false
  let out = ''
  for (let at = 0; at < template.length; at++) {
    const char = template[at] ?? ''
    const name = char === '<' ? /^<([\w.-]+)>/.exec(template.slice(at))?.[1] : undefined
    if (name !== undefined && Object.hasOwn(values, name)) {
      out += shown(values[name], isJson, quoted)
      at += name.length + 1
      continue
    }
    if (char === '\\') out += char + (template[++at] ?? '')
    else {
      if (char === '"') quoted = !quoted
      out += char
    }
  }
  return out
}

function shown(value: Json | undefined, isJson: boolean, quoted: boolean): string {
  if (value === undefined) return isJson && !quoted ? '""' : ''
  if (typeof value !== 'string') {
    const text = JSON.stringify(value)
    return isJson && quoted ? JSON.stringify(text).slice(1, -1) : text
  }
  if (!isJson) return value
  const text = JSON.stringify(value)
  return quoted ? text.slice(1, -1) : text
}

function withoutDetail(event: Json): Json {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event
  const { detail: _, ...rest } = event
  return rest
}

/** `$.detail.items[0].name`, the paths that EventBridge knows. */
const PATH = /^\$(?:\.[^.[\]'"\s]+|\[\d+\]|\['[^']+'\])*$/

export function mustBePath(path: string): void {
  if (!PATH.test(path)) throw new AwsError('ValidationException', `Invalid input path ${path}.`)
}

export function valueAt(value: Json | undefined, path: string): Json | undefined {
  let current = value
  for (const [, field, index, key] of path.matchAll(/\.([^.[\]'"\s]+)|\[(\d+)\]|\['([^']+)'\]/g)) {
    if (typeof current !== 'object' || current === null) return undefined
    if (index !== undefined) current = Array.isArray(current) ? current[Number(index)] : undefined
    else {
      const name = field ?? key ?? ''
      current = !Array.isArray(current) && Object.hasOwn(current, name) ? current[name] : undefined
    }
  }
  return current
}
