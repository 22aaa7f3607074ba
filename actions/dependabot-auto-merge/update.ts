// What Dependabot says of an update, in the YAML at the end of its commit's message; pure.

export const levels = ['none', 'patch', 'minor', 'major'] as const
export type Level = Exclude<(typeof levels)[number], 'none'>

export interface Update {
  name: string
  /** What is not told, or not known, counts as major. */
  level: Level
}

/**
 * The updates of a commit, of which a group has several; none where nothing is told, it is told twice, or anything stands there that
 * Dependabot does not write (https://github.com/dependabot/dependabot-core/blob/main/common/lib/dependabot/pull_request_creator/message_builder.rb).
 */
export function updatesIn(message: string): Update[] {
  const blocks = [...message.replaceAll('\r', '').matchAll(/^---\n *updated-dependencies:\n(.*?)^\.\.\.$/gms)]
  const [block] = blocks
  if (!block || blocks.length > 1) return []
  const found: Record<string, string>[] = []
  for (const line of (block[1] ?? '').split('\n').filter(Boolean)) {
    const [, begins, key, value] = /^( *- | +)([a-z-]+): ?(.*)$/.exec(line) ?? []
    if (begins === undefined || key === undefined || value === undefined) return []
    if (begins.includes('-')) found.push({})
    const update = found.at(-1)
    if (!update || key in update) return []
    update[key] = unquoted(value.trim())
  }
  return found.map((fields) => ({ name: fields['dependency-name'] ?? '', level: levelOf(fields['update-type']) }))
}

const unquoted = (value: string): string => /^(["'])(.*)\1$/.exec(value)?.[2] ?? value

function levelOf(type = ''): Level {
  const [, level] = /^version-update:semver-(patch|minor)$/.exec(type) ?? []
  return level === 'patch' || level === 'minor' ? level : 'major'
}

/** `npm_and_yarn` of `dependabot/npm_and_yarn/lodash-4.17.21`; the separator can be set to a dash. */
export const ecosystemOf = (branch: string): string | undefined => /^dependabot[/-]([a-z_]+)[/-]/.exec(branch)?.[1]
