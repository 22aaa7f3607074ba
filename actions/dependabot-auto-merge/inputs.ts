// What the workflow of the job asked for.
import type { Language } from '../../src/core/text.ts'
import { BadInput, oneOf } from '../input.ts'
import { type Environment, inputOf } from '../runner.ts'
import { levels } from './update.ts'

export type HighestLevel = (typeof levels)[number]

export interface Rules {
  /** By ecosystem; `*` for all others. */
  levels: Record<string, HighestLevel>
  /** Empty for all. */
  dependencies: string[]
  ignoreDependencies: string[]
  ecosystems: string[]
  ignoreEcosystems: string[]
  coolDownDays: number
  /** Empty for all that there are; undefined where none is looked at. */
  checks: string[] | undefined
}

export interface Wanted {
  rules: Rules
  token: string
  /** Where GitHub's API is. */
  api: URL
  /** `owner/name`. */
  repository: string
  mergeMethod: 'merge' | 'squash' | 'rebase'
  language: Language
}

/** Throws `BadInput`. */
export function wantedOf(environment: Environment): Wanted {
  const given = (name: string) => inputOf(environment, name)
  const listed = (name: string) =>
    given(name)
      .split(/[\s,]+/)
      .filter(Boolean)
  const token = given('token')
  if (token === '') throw new BadInput('token: is missing')
  const days = given('cool-down-days') || '0'
  if (!/^\d{1,4}$/.test(days)) throw new BadInput('cool-down-days: a whole number is expected')
  const checks = given('checks')
    .split(/[\n,]+/)
    .map((name) => name.trim())
    .filter(Boolean)
  const repository = environment.GITHUB_REPOSITORY ?? ''
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new BadInput('GITHUB_REPOSITORY: is missing')
  return {
    rules: {
      levels: levelsOf(listed('levels')),
      dependencies: listed('dependencies'),
      ignoreDependencies: listed('ignore-dependencies'),
      ecosystems: listed('ecosystems'),
      ignoreEcosystems: listed('ignore-ecosystems'),
      coolDownDays: Number(days),
      checks: checks.length === 1 && checks[0] === 'none' ? undefined : checks,
    },
    token,
    api: apiOf(environment.GITHUB_API_URL || 'https://api.github.com'),
    repository,
    mergeMethod: oneOf('merge-method', given('merge-method') || 'merge', ['merge', 'squash', 'rebase']),
    language: oneOf('language', given('language') || 'en', ['en', 'ja']),
  }
}

function levelsOf(words: readonly string[]): Record<string, HighestLevel> {
  const found: Record<string, HighestLevel> = {}
  for (const word of words) {
    const [, ecosystem = '*', level = ''] = /^(?:([a-z_]+|\*)=)?(\w+)$/.exec(word) ?? []
    if (ecosystem in found) throw new BadInput(`levels: ${ecosystem} is given twice`)
    found[ecosystem] = oneOf('levels', level, levels)
  }
  return found
}

/** A token is sent there: only over TLS, or to this machine itself. */
function apiOf(given: string): URL {
  const url = URL.parse(given.replace(/\/$/, ''))
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1'))) return url
  throw new BadInput('GITHUB_API_URL: an https address is expected')
}
