// Whether a pull request is Dependabot's own, and what stands in the way of merging it; pure.
import type { Text } from '../../src/core/text.ts'
import type { HighestLevel, Rules } from './inputs.ts'
import { ecosystemOf, levels, type Update, updatesIn } from './update.ts'
import { words } from './words.ts'

/** The account of Dependabot at github.com; who has the name and not the number is somebody else. */
export const DEPENDABOT = { login: 'dependabot[bot]', id: 49_699_333, type: 'Bot' } as const
const DAY_MS = 86_400_000

export interface Account {
  login: string
  id: number
  type: string
}

export interface Pull {
  number: number
  state: string
  draft?: boolean
  user: Account | null
  head: { sha: string; ref: string; repo: { full_name: string } | null }
  /** How many commits it has. */
  commits?: number
}

export interface Commit {
  sha: string
  /** Whom GitHub knows by the author's address; the signature is what proves it. */
  author: Account | null
  commit: { message: string; committer: { date: string } | null; verification?: { verified: boolean } }
}

/** A check run or a commit status, as it stands. */
export interface Check {
  name: string
  state: 'passed' | 'failed' | 'pending'
}

/** Why this is nothing to touch; undefined when it is Dependabot's. Whoever pushed, reopened or commented counts for nothing. */
export function whyNotOurs(pull: Pull, repository: string): Text | undefined {
  if (!isDependabot(pull.user)) return words.otherAuthor
  if (pull.state !== 'open') return words.notOpen
  if (pull.draft) return words.draft
  return pull.head.repo?.full_name.toLowerCase() === repository.toLowerCase() ? undefined : words.fork
}

const isDependabot = (account: Account | null): boolean =>
  account?.login === DEPENDABOT.login && account.id === DEPENDABOT.id && account.type === DEPENDABOT.type

/** All that stands in the way; none when it is to be merged. */
export function whyNot(
  rules: Rules,
  seen: { pull: Pull; commits: readonly Commit[]; checks: readonly Check[]; now: number },
): Text[] {
  const { pull, commits, checks, now } = seen
  const foreign = commits.filter((one) => !isDependabot(one.author) || one.commit.verification?.verified !== true)
  // What others wrote into it is not judged further: nothing of it is Dependabot's word.
  const whole = commits.length > 0 && commits.length === (pull.commits ?? commits.length) && commits.at(-1)?.sha === pull.head.sha
  if (!whole) return [words.incomplete]
  if (foreign.length > 0) return [words.foreign(foreign.map(({ sha }) => sha.slice(0, 7)).join(', '))]
  return [...updateProblems(rules, pull, commits), ...coolDown(rules, commits, now), ...checkProblems(rules, checks)]
}

/** Of a commit that does not tell what it updates. */
const UNKNOWN: Update = { name: '', level: 'major' }

function updateProblems(rules: Rules, { head }: Pull, commits: readonly Commit[]): Text[] {
  const ecosystem = ecosystemOf(head.ref)
  const told = commits.flatMap(({ commit }) => {
    const updates = updatesIn(commit.message)
    return updates.length > 0 ? updates : [UNKNOWN]
  })
  const highest: HighestLevel = rules.levels[ecosystem ?? ''] ?? rules.levels['*'] ?? 'none'
  const tooHigh = told.filter(({ level }) => levels.indexOf(level) > levels.indexOf(highest))
  const names = (matching: (name: string) => boolean) => told.map(({ name }) => name).filter(matching)
  const ignored = names((name) => rules.ignoreDependencies.some((pattern) => isLike(pattern, name)))
  const listed = rules.dependencies
  const unlisted = names((name) => listed.length > 0 && !listed.some((pattern) => isLike(pattern, name)))
  const out =
    (rules.ecosystems.length > 0 && !rules.ecosystems.includes(ecosystem ?? '')) ||
    rules.ignoreEcosystems.includes(ecosystem ?? '')
  return [
    ...(out ? [words.ecosystem(ecosystem ?? '?')] : []),
    ...tooHigh.map(({ name, level }) => words.level(name || '?', level, highest)),
    ...ignored.map((name) => words.ignored(name || '?')),
    ...unlisted.map((name) => words.unlisted(name || '?')),
  ]
}

/** Anchored at both ends; `*` stands for any letters, slashes among them. */
function isLike(pattern: string, name: string): boolean {
  const parts = pattern.split('*')
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (parts.length === 1) return pattern === name
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let rest = name.slice(first.length, name.length - last.length)
  for (const part of parts.slice(1, -1)) {
    const at = rest.indexOf(part)
    if (at < 0) return false
    rest = rest.slice(at + part.length)
  }
  return true
}

function coolDown({ coolDownDays }: Rules, commits: readonly Commit[], now: number): Text[] {
  if (coolDownDays === 0) return []
  // A date that cannot be read is none that has passed.
  const newest = Math.max(...commits.map(({ commit }) => Date.parse(commit.committer?.date ?? '')))
  const until = newest + coolDownDays * DAY_MS
  return until <= now
    ? []
    : [words.coolDown(coolDownDays, Number.isNaN(until) ? '?' : new Date(until).toISOString().slice(0, 16))]
}

function checkProblems({ checks: wanted }: Rules, checks: readonly Check[]): Text[] {
  if (wanted === undefined) return []
  const looked = wanted.length === 0 ? checks : checks.filter(({ name }) => wanted.includes(name))
  const missing = wanted.filter((name) => !checks.some((check) => check.name === name))
  if (wanted.length === 0 && checks.length === 0) return [words.noChecks]
  const named = (state: Check['state']) => looked.filter((check) => check.state === state).map(({ name }) => name)
  return [
    ...named('failed').map((name) => words.checkFailed(name)),
    ...[...named('pending'), ...missing].map((name) => words.checkPending(name)),
  ]
}
