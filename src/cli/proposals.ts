import { readFile } from 'node:fs/promises'

/** What the manifest of the current folder declares for a field of an input, for completion; nothing without one. */
export async function proposalsFor(field: string): Promise<readonly string[]> {
  const member = MEMBERS[field]
  if (member === undefined) return []
  try {
    const { declaredNames } = await import('../manifest/declared-names.ts')
    return declaredNames(await readFile('kiban.yml', 'utf8'))[member]
  } catch {
    return []
  }
}

const MEMBERS: Record<string, 'environments' | 'services'> = {
  env: 'environments',
  from: 'environments',
  services: 'services',
  service: 'services',
}
