// The manifest of a commit: its kiban.yml, or what genova's files make of one where there is none.
import { basename } from 'node:path'
import { KibanError } from '../../core/error.ts'
import { imports } from '../../core/messages/import.ts'
import type { Text } from '../../core/text.ts'
import { listFilesAt } from '../../git/list-files.ts'
import type { Repository as GitRepository } from '../../git/mirror.ts'
import { readFileAt } from '../../git/read-file.ts'
import { type ForeignFiles, type Remark, slug } from '../../manifest/import/foreign.ts'
import { importGenova } from '../../manifest/import/genova/import-genova.ts'
import { loadManifest, MANIFEST_FILE, readManifest } from '../../manifest/load.ts'
import type { Manifest } from '../../manifest/manifest.ts'
import { problemLine } from '../../manifest/problem.ts'

export interface FoundManifest {
  manifest: Manifest
  /** Said where it is not a kiban.yml. */
  notice: Text | undefined
}

/**
 * Undefined where the commit has neither a kiban.yml nor files of genova. Throws `manifest.invalid`, and `import.blocked`
 * where what would be deployed were not what genova deploys. `product` names one whose files do not.
 */
export async function manifestAt(
  where: GitRepository & { commit: string },
  product: string | undefined,
): Promise<FoundManifest | undefined> {
  const text = await readFileAt({ ...where, path: MANIFEST_FILE })
  if (text !== undefined) return { manifest: readManifest(text).manifest, notice: undefined }
  const files: ForeignFiles = {
    files: await listFilesAt(where),
    read: (path) => readFileAt({ ...where, path }),
  }
  const imported = await importGenova(files, product ?? productOf(where.repository))
  if (!imported) return undefined
  const file = imported.read[0] ?? ''
  const { manifest, problems } = loadManifest(JSON.stringify(withoutSchedules(imported.manifest)), file)
  const details = [
    ...blocking(imported.lost),
    ...problems.map(({ path, text }) => ({ en: `${path}: ${text.en}`, ja: `${path}: ${text.ja}` })),
  ]
  if (!manifest || details.length > 0) {
    throw new KibanError('invalid', 'import.blocked', imports.unreadable('genova'), {
      details,
      hint: imports.unreadableHint('genova'),
    })
  }
  const notice = imports.convertedNotice('genova', file)
  return { manifest, notice: imported.manifest.schedules === undefined ? notice : joined(notice, imports.rulesStay) }
}

const joined = (one: Text, other: Text): Text => ({ en: `${one.en}; ${other.en}`, ja: `${one.ja}。${other.ja}` })

/** genova's rules go on starting what they start: schedules beside them would start it twice. */
function withoutSchedules(manifest: Record<string, unknown>): Record<string, unknown> {
  const { schedules: _, workflows = {}, auto_deploy = {}, environments = {}, ...rest } = manifest
  const steps = Object.entries(workflows as Manifest['workflows'] & object).map(([name, workflow]) => {
    const others = workflow.steps.filter(({ schedule }) => schedule === undefined)
    return [name, { steps: others }] as const
  })
  const kept = Object.fromEntries(steps.filter(([, workflow]) => workflow.steps.length > 0))
  const rules = Object.entries(auto_deploy as Manifest['auto_deploy'] & object).filter(([, { workflow = '' }]) => kept[workflow])
  const here = Object.entries(environments as Record<string, Record<string, unknown>>).map(([name, { schedules: _, ...own }]) => [
    name,
    own,
  ])
  return { ...rest, environments: Object.fromEntries(here), workflows: kept, auto_deploy: Object.fromEntries(rules) }
}

export const blocking = (lost: readonly Remark[]): Text[] => lost.filter(({ blocks }) => blocks).map(problemLine)

/** What a repository is called: the last part of its address. */
export const productOf = (repository: string): string =>
  slug(basename(repository.replace(/[/\\]+$/, '').replace(/\.git$/, '')).replace(/^.*:/, '')) ?? 'product'
