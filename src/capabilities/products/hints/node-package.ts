import { init } from '../../../core/messages/init.ts'
import { believe, dig, type Guess, guessOf, isMap, type ProductGuess, portOf, slug, words } from '../guess.ts'
import { type Repository, under } from '../repository.ts'
import { serviceFolders } from './service-folders.ts'
import { healthIn } from './source.ts'

const FRAMEWORK_PORTS = {
  next: 3000,
  nuxt: 3000,
  '@nestjs/core': 3000,
  '@remix-run/serve': 3000,
  '@adonisjs/core': 3333,
  '@strapi/strapi': 1337,
}

/** The product's name, and of each service's own package.json: its port, health path and migration. */
export async function hintPackages(repository: Repository, guess: ProductGuess): Promise<void> {
  const root = await packageJson(repository, 'package.json')
  const name = dig(root, 'name')
  if (typeof name === 'string')
    believe(guess.product, 'product', slug(name.replace(/^@[^/]*\//, '')), init.fromKey('package.json', 'name'))
  if (root && guess.services.size === 0 && typeof dig(root, 'scripts', 'start') === 'string') {
    believe(guessOf(guess.services, 'web'), 'build', '.', init.noDockerfile)
  }
  for (const [name, folder] of serviceFolders(guess)) {
    const file = under(folder, 'package.json')
    const json = await packageJson(repository, file)
    if (json) await hintPackage(repository, guess, { name, folder, file, json })
  }
}

async function hintPackage(
  repository: Repository,
  guess: ProductGuess,
  { name, folder, file, json }: { name: string; folder: string; file: string; json: Record<string, unknown> },
): Promise<void> {
  const service = guessOf(guess.services, name)
  const start = String(dig(json, 'scripts', 'start') ?? '')
  const entry =
    /(?:node|tsx|ts-node|bun)\s+(?:--?[\w-]+(?:=\S+)?\s+)*([\w./-]+\.[cm]?[jt]s)/.exec(start)?.[1] ?? dig(json, 'main')
  const source = typeof entry === 'string' ? await repository.read(under(folder, entry.replace(/^\.\//, ''))) : undefined
  if (!('ports' in service.values)) {
    believe(service, 'port', portOf(/(?:-p|--port|PORT=)[\s=]*(\d{2,5})\b/.exec(start)?.[1]), init.fromKey(file, 'scripts.start'))
    believe(service, 'port', listenedPort(source), init.listens(under(folder, String(entry))))
    const dependencies = isMap(json.dependencies) ? json.dependencies : {}
    for (const [framework, port] of Object.entries(FRAMEWORK_PORTS)) {
      if (Object.hasOwn(dependencies, framework)) believe(service, 'port', port, init.usualPort(framework))
    }
  }
  if (source) believeHealth(service, source, under(folder, String(entry)))
  const scripts = isMap(json.scripts) ? json.scripts : {}
  const migration = ['db:migrate', 'migrate', 'migrate:deploy', 'migration:run'].find(
    (script) => typeof scripts[script] === 'string',
  )
  if (migration) believeMigration(guess, name, words(String(scripts[migration])) ?? ['npm', 'run', migration], file, migration)
}

function listenedPort(source: string | undefined): number | undefined {
  if (!source) return undefined
  const match = /env\.PORT\s*(?:\|\||\?\?)\s*['"]?(\d{2,5})/.exec(source) ?? /\.listen\(\s*(\d{2,5})\b/.exec(source)
  return portOf(match?.[1])
}

function believeHealth(service: Guess, source: string, file: string): void {
  if (service.values.port !== undefined) believe(service, 'health', healthIn(source), init.healthFound(file))
}

/** A task that the service waits for. */
export function believeMigration(guess: ProductGuess, service: string, command: string[], file: string, script: string): void {
  const name =
    guess.tasks.has('migrate') && guess.tasks.get('migrate')?.values.service !== service ? `${service}-migrate` : 'migrate'
  const task = guessOf(guess.tasks, name)
  believe(task, 'service', service, init.migration(file, script))
  believe(task, 'command', command, init.from(file))
  believe(guessOf(guess.services, service), 'before', [name], init.runsBefore)
}

async function packageJson(repository: Repository, path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse((await repository.read(path)) ?? 'null')
    return isMap(value) ? value : undefined
  } catch {
    return undefined
  }
}
