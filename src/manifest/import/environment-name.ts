// What an environment is called, by the names that tools without environments give their clusters and services.
import { slug } from './foreign.ts'

const words: Record<string, readonly string[]> = {
  production: ['production', 'prod', 'prd'],
  staging: ['staging', 'stage', 'stg'],
  development: ['development', 'dev', 'develop'],
  test: ['test', 'testing', 'tst'],
  qa: ['qa'],
}
const all = Object.values(words).flat()

/** The environment of each cluster: the word for one in its name, where no other cluster has it too; else the whole name. */
export function environmentNames(clusters: readonly string[]): Map<string, string> {
  const meant = clusters.map((cluster) => [cluster, wordIn(cluster)] as const)
  return new Map(
    meant.map(([cluster, word]) => {
      const isOnly = word !== undefined && meant.filter(([, other]) => other === word).length === 1
      return [cluster, isOnly ? word : (slug(cluster) ?? 'environment')]
    }),
  )
}

const partsOf = (name: string): string[] => name.toLowerCase().split(/[^a-z0-9]+/)

const wordIn = (name: string): string | undefined => {
  const parts = partsOf(name)
  return Object.keys(words).find((word) => words[word]?.some((one) => parts.includes(one)))
}

/** A name without the words for environments: `api-staging` and `api-production` are one service. */
export function withoutEnvironment(name: string): string | undefined {
  return (
    slug(
      partsOf(name)
        .filter((part) => !all.includes(part))
        .join('-'),
    ) ?? slug(name)
  )
}
