import { readFile, realpath } from 'node:fs/promises'
import { KibanError } from '../../core/error.ts'
import { imports } from '../../core/messages/import.ts'
import { manifestErrors } from '../../core/messages/manifest.ts'
import { annotatedYaml } from '../../manifest/annotated-yaml.ts'
import { importGenova, servicesOf } from '../../manifest/import/genova/import-genova.ts'
import { type ImportedSettings, importSettings } from '../../manifest/import/genova/settings.ts'
import { type ImportedFile, type ImportInput, importFiles, type Tool } from './import.ts'
import { productOf } from './manifest-at.ts'
import { openRepository } from './repository.ts'

export type ImportedGenova = ImportedFile & {
  settings?: { workflows: { product: string; text: string }[]; grants: string[]; products: string[] }
}

/** Of a repository, of genova's own settings, or of both: then the workflows of this product go into its manifest. */
export async function importGenovaFiles(input: ImportInput & { settings?: string }): Promise<ImportedGenova> {
  const settings = input.settings === undefined ? undefined : await readSettings(input.settings, input)
  const tool: Tool = {
    name: 'genova',
    looked: 'config/deploy.yml, */config/deploy.yml',
    async read(repository, product) {
      const imported = await importGenova(repository, product)
      const own = settings?.workflows[product]
      if (!imported || !own) return imported
      const workflows = { ...(imported.manifest.workflows as object | undefined), ...own }
      return { ...imported, manifest: { ...imported.manifest, workflows } }
    },
  }
  const made = await importFiles(tool, input).catch((error: unknown) => {
    if (settings && error instanceof KibanError && error.code === 'import.nothing-found') return nothing
    throw error
  })
  if (!settings) return made
  const { workflows, grants, products, lost, notes } = settings
  const others = Object.entries(workflows).filter(([product]) => product !== made.product)
  return {
    ...made,
    lost: [...made.lost, ...lost],
    notes: [...made.notes, ...notes],
    settings: {
      workflows: others.map(([product, own]) => ({ product, text: annotatedYaml({ workflows: own }, product, () => undefined) })),
      grants,
      products,
    },
  }
}

const nothing: ImportedFile = {
  file: '',
  text: '',
  written: false,
  product: '',
  environments: [],
  services: [],
  tasks: [],
  schedules: [],
  lost: [],
  notes: [],
}

/** Where the repository is at hand, what it has is known: a step that names one of its services is no slip. */
async function readSettings(file: string, { dir, product }: ImportInput): Promise<ImportedSettings> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new KibanError('not-found', 'import.nothing-found', manifestErrors.unreadable(file), {
      hint: imports.nothingFoundHint('settings.yml'),
      cause,
    })
  })
  const folder = await realpath(dir).catch(() => dir)
  const services = await servicesOf(await openRepository(folder))
  const named = services.length > 0 ? new Map([[product ?? productOf(folder), services]]) : new Map()
  return importSettings(file, text, named)
}
