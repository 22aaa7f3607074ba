// The executable: picks a face, prints one error, exits with its code.
import type { ServerWork } from './app.ts'
import type { SandboxSettings } from './cli/sandbox-command.ts'
import type { ServerSettings } from './cli/server-command.ts'
import type { SlackSettings } from './slack/settings.ts'

const VERSION_WORDS = new Set(['--version', '-V', 'version'])

if (process.argv.length === 3 && VERSION_WORDS.has(process.argv[2] ?? '')) {
  const { version } = await import('./core/version.ts')
  process.stdout.write(`${version()}\n`)
} else {
  const kept =
    process.argv[2] === 'auth' ? await (await import('./access.ts')).keptProcess(process.argv.slice(2), process.env) : undefined
  if (kept === undefined) process.exitCode = await commandLine()
  else process.stdout.write(kept)
}

async function commandLine(): Promise<number> {
  const [
    { runCli },
    { authCommand },
    { chosenEngine },
    { databaseCommand },
    { EXIT_INTERRUPTED },
    { loginCommand, logoutCommand },
    { currentLogin },
    { sandboxCommand },
    { serverCommand },
    { declared, openEngine },
  ] = await Promise.all([
    import('./cli/cli.ts'),
    import('./cli/auth-command.ts'),
    import('./cli/chosen-engine.ts'),
    import('./cli/database-command.ts'),
    import('./cli/exit-code.ts'),
    import('./cli/login-command.ts'),
    import('./cli/login-file.ts'),
    import('./cli/sandbox-command.ts'),
    import('./cli/server-command.ts'),
    import('./app.ts'),
  ])
  const interrupted = new AbortController()
  let leave: (() => void) | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!interrupted.signal.aborted) return interrupted.abort(signal)
      // Whoever asks twice does not want to wait for an orderly end.
      if (!leave) process.exit(EXIT_INTERRUPTED)
      leave()
      leave = undefined
    })
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const operations = declared()
  return runCli(process.argv.slice(2), {
    operations,
    openEngine: (say) =>
      chosenEngine(
        operations,
        () => currentLogin(process.env),
        () => openEngine(process.env, say),
      ),
    commands: (tools) => ({
      auth: authCommand(tools, loadAccess),
      sandbox: sandboxCommand(tools, startSandbox),
      server: serverCommand(tools, startServer),
      database: databaseCommand(tools, copyDatabase),
      login: loginCommand(tools, operations),
      logout: logoutCommand(tools, operations),
    }),
    process,
    signal: interrupted.signal,
    onSecond: (asked) => {
      leave = asked
    },
  })
}

async function loadAccess() {
  return (await import('./access.ts')).access()
}

async function startSandbox(settings: SandboxSettings) {
  return (await import('./sandbox/sandbox.ts')).startSandbox(settings)
}

async function copyDatabase(folder: string, url: string) {
  return (await import('./app.ts')).copyDatabase(folder, url)
}

async function startServer(settings: ServerSettings) {
  const [{ runServer }, { openServerWork, declared }] = await Promise.all([import('./server/run-server.ts'), import('./app.ts')])
  return runServer({
    ...settings,
    declared: declared(),
    async openWork() {
      const { slackSettings } = await import('./slack/settings.ts')
      const slack = slackSettings(process.env)
      const work = await openServerWork(process.env, { works: settings.role !== 'api' })
      return { ...work, slack: slack && (await openSlackFace(work, slack)) }
    },
  })
}

async function openSlackFace(work: ServerWork, settings: SlackSettings) {
  const [{ openSlack }, { drawPlain }, { languageOf }] = await Promise.all([
    import('./slack/face.ts'),
    import('./cli/draw.ts'),
    import('./core/text.ts'),
  ])
  const { slack, operations, call, stream } = work
  try {
    const face = await openSlack(
      { ...slack, settings, operations, call, stream },
      { draw: drawPlain, language: languageOf(process.env) },
    )
    return face.receive
  } catch (error) {
    await work.close()
    throw error
  }
}
