// "Did you mean": the nearest of the words that would have been right.

/** What people who know another tool write, and what it is called here. */
const synonyms = new Map<string, readonly string[]>(
  Object.entries({
    name: ['product'],
    app: ['product', 'service'],
    application: ['product'],
    environment: ['env', 'environments'],
    envs: ['environments'],
    variables: ['env'],
    env_vars: ['env'],
    cpu: ['size'],
    memory: ['size'],
    resources: ['size'],
    replicas: ['count'],
    desired_count: ['count'],
    desiredcount: ['count'],
    instances: ['count'],
    scaling: ['count'],
    scale: ['count'],
    range: ['count'],
    healthcheck: ['health'],
    health_check: ['health'],
    dockerfile: ['build'],
    context: ['build'],
    cmd: ['command'],
    args: ['command'],
    schedule: ['cron', 'schedules'],
    cron: ['schedules'],
    jobs: ['tasks', 'schedules'],
    job: ['tasks'],
    crons: ['schedules'],
    tz: ['timezone'],
    sidecars: ['containers'],
    arch: ['architecture'],
    platform: ['architecture'],
    migrate: ['before'],
    depends_on: ['before'],
    roles: ['names'],
    target_group: ['names'],
    log_group: ['names'],
    repository: ['names'],
    branches: ['auto_deploy'],
    autodeploy: ['auto_deploy'],
    pipeline: ['workflows'],
    pipelines: ['workflows'],
    subnets: ['network'],
    security_groups: ['network'],
    grace_period: ['grace'],
    start_period: ['grace'],
    retries: ['unhealthy'],
    expression: ['cron'],
    timeout: ['stop_timeout', 'deadline'],
  }),
)

/** The word of `words` that was most likely meant, or undefined when none is near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const plain = bare(word)
  const same = words.find((one) => bare(one) === plain)
  if (same) return same
  const known = synonyms.get(word.toLowerCase().replaceAll('-', '_'))?.find((one) => words.includes(one))
  if (known) return known
  const allowed = Math.max(1, Math.floor(plain.length / 3))
  let best: { word: string; distance: number } | undefined
  for (const one of words) {
    const distance = editDistance(plain, bare(one), allowed)
    if (distance <= allowed && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { word: one, distance }
  }
  return best?.word ?? words.find((one) => plain.length > 2 && (bare(one).startsWith(plain) || plain.startsWith(bare(one))))
}

const bare = (word: string) => word.toLowerCase().replace(/[-_\s]/g, '')

/** Edits between two words, two swapped neighbours counting as one (optimal string alignment); above `limit` any larger number. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change)
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1)
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return last[to.length] ?? 0
}
