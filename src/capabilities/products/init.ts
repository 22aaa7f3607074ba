// Writes a first manifest by looking at a repository.
import { realpath, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { KibanError } from '../../core/error.ts'
import { init } from '../../core/messages/init.ts'
import { manifestErrors } from '../../core/messages/manifest.ts'
import { type Language, languageOf, type Text } from '../../core/text.ts'
import { annotatedYaml } from '../../manifest/annotated-yaml.ts'
import { loadManifest, MANIFEST_FILE } from '../../manifest/load.ts'
import { believe, emptyGuess, type Guess, type ProductGuess, slug } from './guess.ts'
import { hintCompose } from './hints/compose.ts'
import { hintCopilot } from './hints/copilot.ts'
import { hintDockerfiles } from './hints/dockerfile.ts'
import { hintPackages } from './hints/node-package.ts'
import { hintProcfile } from './hints/procfile.ts'
import { hintRuby } from './hints/ruby.ts'
import { hintEcs } from './hints/task-definition.ts'
import { openRepository, type Repository } from './repository.ts'

export interface InitInput {
  folder: string
  force?: boolean
  print?: boolean
  comments?: Language
}

export interface Initialized {
  file: string
  text: string
  written: boolean
  product: string
  services: string[]
  tasks: string[]
}

/** Throws `manifest.exists` when there is one already, `repository.unrecognized` when nothing was found to go by. */
export async function initProduct(input: InitInput, env: NodeJS.ProcessEnv): Promise<Initialized> {
  const folder = await realpath(input.folder).catch(() => {
    throw new KibanError('not-found', 'manifest.missing', manifestErrors.missing(input.folder), {
      hint: manifestErrors.folderHint,
    })
  })
  const repository = await openRepository(folder)
  const file = join(folder, MANIFEST_FILE)
  if (repository.files.includes(MANIFEST_FILE) && !input.force && !input.print) {
    throw new KibanError('conflict', 'manifest.exists', manifestErrors.exists(file), { hint: manifestErrors.existsHint })
  }
  const guess = await guessProduct(repository, basename(folder))
  if (guess.services.size === 0) {
    throw new KibanError('not-found', 'repository.unrecognized', manifestErrors.nothingFound(folder), {
      hint: manifestErrors.nothingFoundHint,
    })
  }
  const text = soundManifest(guess, basename(folder), input.comments ?? languageOf(env))
  // `wx` also refuses a file that came into being since.
  if (!input.print) await writeNew(file, text, input.force ?? false)
  return {
    file,
    text,
    written: !input.print,
    product: String(guess.product.values.product),
    services: [...guess.services.keys()],
    tasks: [...guess.tasks.keys()],
  }
}

/** What the repository tells, the surest sources first: what somebody wrote for a deployment, then what builds and runs it. */
export async function guessProduct(repository: Repository, folder: string): Promise<ProductGuess> {
  const guess = emptyGuess()
  await hintCopilot(repository, guess)
  await hintEcs(repository, guess)
  await hintCompose(repository, guess)
  await hintDockerfiles(repository, guess)
  await hintProcfile(repository, guess)
  await hintPackages(repository, guess)
  await hintRuby(repository, guess)
  believe(guess.product, 'product', slug(folder) ?? 'product', init.folderName)
  for (const service of guess.services.values()) {
    const { values } = service
    if (values.build === undefined && values.image === undefined) believe(service, 'build', '.', init.noDockerfile)
    if (values.port !== undefined && values.load_balancer !== false) believe(service, 'health', '/', init.healthGuess)
    // A build of one's own is what is deployed; an image beside it was its placeholder.
    if (values.build !== undefined) delete values.image
  }
  return guess
}

const MOST_ROUNDS = 20

/** The manifest's text. What would not pass the check is left out and remarked on, so that what is written is always valid. */
export function soundManifest(guess: ProductGuess, folder: string, language: Language): string {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const text = manifestText(guess, folder, language)
    const { problems } = loadManifest(text)
    if (problems.length === 0) return text
    for (const { path, text: reason } of problems) leaveOut(guess, path.split('/'), reason)
  }
  return manifestText(
    { ...guess, services: new Map([['web', { values: { build: '.' }, why: {} }]]), tasks: new Map(), schedules: new Map() },
    folder,
    language,
  )
}

function leaveOut(guess: ProductGuess, [kind = '', name = '', key]: string[], reason: Text): void {
  const guesses = kind === 'services' || kind === 'tasks' || kind === 'schedules' ? guess[kind] : undefined
  if (!guesses) {
    delete guess.product.values[kind]
    return
  }
  const values = guesses.get(name)?.values
  if (key !== undefined && values && Object.hasOwn(values, key)) delete values[key]
  else guesses.delete(name)
  const what = [kind, name, key].filter(Boolean).join('/')
  guess.remarks.push({ en: `${what}: ${reason.en}`, ja: `${what}: ${reason.ja}` })
}

function manifestText(guess: ProductGuess, folder: string, language: Language): string {
  const sections = { services: guess.services, tasks: guess.tasks, schedules: guess.schedules }
  const usual: Guess = { values: { staging: {}, production: { protected: true } }, why: {} }
  const content = {
    ...inOrder(guess.product.values, ['product', 'account', 'region']),
    environments: usual.values,
    ...Object.fromEntries(
      Object.entries(sections)
        .filter(([, guesses]) => guesses.size > 0)
        .map(([key, guesses]) => [
          key,
          Object.fromEntries([...guesses].map(([name, { values }]) => [name, inOrder(values, serviceOrder)])),
        ]),
    ),
  }
  const remarks = guess.remarks.map((remark) => `\n- ${remark[language]}`)
  const introduction = init.introduction(folder)[language] + (remarks.length > 0 ? `\n${remarks.join('')}` : '')
  return annotatedYaml(content, introduction, ([first = '', name, key, ...deeper]) => {
    if (name === undefined) return guess.product.why[first]?.[language]
    if (first === 'environments') return key === 'protected' ? init.production[language] : undefined
    if (deeper.length > 0 || key === undefined) return undefined
    return sections[first as keyof typeof sections]?.get(name)?.why[key]?.[language]
  })
}

const serviceOrder = [
  'service',
  'build',
  'image',
  'command',
  'port',
  'health',
  'load_balancer',
  'size',
  'architecture',
  'count',
  'env',
  'secrets',
  'before',
  'exec',
  'names',
]

function inOrder(values: Record<string, unknown>, order: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(order.filter((key) => Object.hasOwn(values, key)).map((key) => [key, values[key]]))
}

async function writeNew(file: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: replace ? 'w' : 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new KibanError('conflict', 'manifest.exists', manifestErrors.exists(file), { hint: manifestErrors.existsHint, cause })
  }
}
