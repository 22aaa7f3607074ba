// Makes a kiban.yml of another tool's files, and tells what did not fit into it.
import { realpath, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { KibanError } from '../../core/error.ts'
import { imports } from '../../core/messages/import.ts'
import { manifestErrors } from '../../core/messages/manifest.ts'
import type { Language, Text } from '../../core/text.ts'
import { annotatedYaml } from '../../manifest/annotated-yaml.ts'
import { type Imported, type Remark, slug } from '../../manifest/import/foreign.ts'
import { loadManifest, MANIFEST_FILE } from '../../manifest/load.ts'
import { openRepository, type Repository } from './repository.ts'

export interface ImportInput {
  dir: string
  write: boolean
  force: boolean
  product?: string
  language: Language
}

export interface ImportedFile {
  file: string
  text: string
  written: boolean
  product: string
  environments: string[]
  services: string[]
  tasks: string[]
  schedules: string[]
  lost: Remark[]
  notes: Remark[]
}

export interface Tool {
  name: string
  /** Where its files are, for whoever has none. */
  looked: string
  read(repository: Repository, product: string): Promise<Imported | undefined>
}

/** Throws `import.nothing-found`, `manifest.exists`, and what the tool's own files have wrong. */
export async function importFiles(tool: Tool, input: ImportInput): Promise<ImportedFile> {
  const folder = await realpath(input.dir).catch(() => {
    throw new KibanError('not-found', 'import.nothing-found', imports.nothingFound(tool.name, input.dir), {
      hint: manifestErrors.folderHint,
    })
  })
  const repository = await openRepository(folder)
  const product = input.product ?? slug(basename(folder)) ?? 'product'
  const imported = await tool.read(repository, product)
  if (!imported) {
    throw new KibanError('not-found', 'import.nothing-found', imports.nothingFound(tool.name, folder), {
      hint: imports.nothingFoundHint(tool.looked),
    })
  }
  const file = join(folder, MANIFEST_FILE)
  if (input.write && !input.force && repository.files.includes(MANIFEST_FILE)) throw exists(file)
  const { manifest, left } = sound(imported.manifest)
  const text = annotatedYaml(manifest, imports.introduction(tool.name, imported.read)[input.language], () => undefined)
  if (input.write) await writeNew(file, text, input.force)
  const keys = (key: string) => Object.keys((manifest[key] as object | undefined) ?? {})
  const [read = ''] = imported.read
  return {
    file,
    text,
    written: input.write,
    product: String(manifest.product),
    environments: keys('environments'),
    services: keys('services'),
    tasks: keys('tasks'),
    schedules: keys('schedules'),
    lost: [
      ...imported.lost,
      ...left.map(({ path, text }) => ({ file: read, line: 1, column: 1, path, text: imports.leftOut(text) })),
    ],
    notes: imported.notes,
  }
}

const MOST_ROUNDS = 30

/** What would not pass the check is left out and told, so that what is written is always valid. */
function sound(manifest: Record<string, unknown>): { manifest: Record<string, unknown>; left: { path: string; text: Text }[] } {
  const left: { path: string; text: Text }[] = []
  let rest = manifest
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [problem] = loadManifest(JSON.stringify(rest)).problems
    if (!problem) break
    left.push({ path: problem.path, text: problem.text })
    rest = without(rest, problem.path.split('/')) as Record<string, unknown>
  }
  return { manifest: rest, left }
}

function without(value: unknown, [step = '', ...deeper]: string[]): unknown {
  if (Array.isArray(value)) {
    if (deeper.length === 0) return value.filter((_, at) => String(at) !== step)
    return value.map((inner, at) => (String(at) === step ? without(inner, deeper) : inner))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => deeper.length > 0 || key !== step)
  return Object.fromEntries(entries.map(([key, inner]) => [key, key === step ? without(inner, deeper) : inner]))
}

const exists = (file: string, cause?: unknown) =>
  new KibanError('conflict', 'manifest.exists', manifestErrors.exists(file), { hint: imports.existsHint, cause })

async function writeNew(file: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: replace ? 'w' : 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw exists(file, cause)
  }
}
