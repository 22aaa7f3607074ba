// The wiring of `kiban auth`, apart from that of the operations: other tools start it at every command.

/** What the commands of `kiban auth` do. */
export async function access() {
  const [console, credentials, profiles, cache, sessions, who] = await Promise.all([
    import('./capabilities/access/console-link.ts'),
    import('./capabilities/access/credentials-file.ts'),
    import('./capabilities/access/profiles.ts'),
    import('./capabilities/access/session-cache.ts'),
    import('./capabilities/access/sessions.ts'),
    import('./capabilities/access/who-is.ts'),
  ])
  return { ...console, ...credentials, ...profiles, ...cache, ...sessions, ...who }
}

/**
 * What `kiban auth process` prints while a session is good, without the parser of the command line or anything of AWS's;
 * undefined where there is more to do, or to say.
 */
export async function keptProcess(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const [noun, verb, profile, ...others] = argv
  if (noun !== 'auth' || verb !== 'process' || profile?.startsWith('-') || others.length > 0) return undefined
  const { keptFor, processDocument, profileOf } = await import('./capabilities/access/sessions.ts')
  const kept = await keptFor(env, profileOf(env, profile)).catch(() => undefined)
  return kept && `${JSON.stringify(processDocument(kept))}\n`
}
