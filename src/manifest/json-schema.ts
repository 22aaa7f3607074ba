// The manifest's schema for editors, made from the one that loads it.
import { z } from 'zod'
import type { Language } from '../core/text.ts'
import { Manifest } from './manifest.ts'

/** JSON Schema 2020-12, with what each key is for in the reader's language. */
export function manifestJsonSchema(language: Language = 'en'): object {
  const schema = z.toJSONSchema(Manifest, { io: 'input', unrepresentable: 'any' })
  const { $schema, ...rest } = JSON.parse(JSON.stringify(schema), (_, value) => localized(value, language))
  return { $schema, title: 'kiban.yml', ...rest }
}

function localized(value: unknown, language: Language): unknown {
  if (value === null || typeof value !== 'object' || !('ja' in value) || typeof value.ja !== 'string') return value
  const { ja, ...rest } = value
  return language === 'ja' ? { ...rest, description: ja } : rest
}
