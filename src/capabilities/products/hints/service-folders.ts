import type { ProductGuess } from '../guess.ts'

/**
 * The folders that services are built from (`.` is the root), each with the one service that serves requests: `web`, or
 * the first. Others of the same folder are its workers.
 */
export function serviceFolders(guess: ProductGuess): [name: string, folder: string][] {
  const byFolder = new Map<string, string>()
  for (const [name, { values }] of guess.services) {
    const build = values.build as string | { context?: string } | undefined
    const context = typeof build === 'string' ? build : build?.context
    if (context === undefined) continue
    const folder = context.replace(/^\.\//, '').replace(/\/$/, '') || '.'
    if (name === 'web' || !byFolder.has(folder)) byFolder.set(folder, name)
  }
  return [...byFolder].map(([folder, name]) => [name, folder])
}
