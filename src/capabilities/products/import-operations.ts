// What other tools' files become. What is heavy is imported by `run`: help and completion load this file too.
import { z } from 'zod'
import { imports as text } from '../../core/messages/import.ts'
import { init } from '../../core/messages/init.ts'
import type { products } from '../../core/messages/products.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import { languageOf, type Text } from '../../core/text.ts'
import type { Block, View } from '../../core/view.ts'
import type { Tool } from './import.ts'

const everywhere = () => ({ product: '*', environment: '*' })
const Words = z.object({ en: z.string(), ja: z.string() })
const RemarkShape = z.object({ file: z.string(), line: z.number(), column: z.number(), path: z.string(), text: Words })

const inputs = {
  dir: z.string().default('.').meta(about(text.fieldDir.en, text.fieldDir.ja)),
  write: z.boolean().default(false).meta(about(text.fieldWrite.en, text.fieldWrite.ja)),
  force: z.boolean().default(false).meta(about(text.fieldForce.en, text.fieldForce.ja)),
  product: z.string().min(1).optional().meta(about(text.fieldName.en, text.fieldName.ja)),
  comments: z.enum(['en', 'ja']).optional().meta(about('Language of the comments', 'コメントの言語')),
}

const Variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*=/)

const ImportedShape = z.object({
  file: z.string(),
  text: z.string(),
  written: z.boolean(),
  product: z.string(),
  environments: z.array(z.string()),
  services: z.array(z.string()),
  tasks: z.array(z.string()),
  schedules: z.array(z.string()),
  /** What could not be carried over. */
  lost: z.array(RemarkShape),
  /** What was carried over and behaves otherwise, or needs a person. */
  notes: z.array(RemarkShape),
})
type ImportedShape = z.infer<typeof ImportedShape>
type RemarkShape = z.infer<typeof RemarkShape>

const common = { permission: 'read', place: everywhere, risk: 0, local: true } as const

export function importOperations(): Operation[] {
  return [importGenova, importEcspresso, importCopilot]
}

const GenovaShape = ImportedShape.extend({
  /** Defects of genova that end with it, by their numbers in the guide. */
  mended: z.array(z.object({ defect: z.number(), text: Words })),
  /** What genova's own settings become, where they were named. */
  settings: z
    .object({
      /** By product: the part of its manifest. */
      workflows: z.array(z.object({ product: z.string(), text: z.string() })),
      grants: z.array(z.string()),
      products: z.array(z.string()),
    })
    .optional(),
})

const importGenova = call({
  ...common,
  name: 'import.genova',
  summary: text.summaryGenova,
  http: { method: 'POST', path: '/imports/genova' },
  input: z.object({
    ...inputs,
    settings: z.string().min(1).optional().meta(about(text.fieldSettings.en, text.fieldSettings.ja)),
  }),
  output: GenovaShape,
  cli: { positional: ['dir'] },
  async run(_, input) {
    const [{ importGenovaFiles }, { mended }] = await Promise.all([
      import('./import-genova-files.ts'),
      import('../../core/messages/import.ts'),
    ])
    const language = input.comments ?? languageOf(process.env)
    return GenovaShape.parse({ ...(await importGenovaFiles({ ...input, language })), mended })
  },
  show: (output): View => [
    ...showImported(output),
    ...(output.settings ? showSettings(output.settings) : []),
    { kind: 'heading', line: text.mendedHeading },
    ...output.mended.map((one): Block => ({ kind: 'line', line: one.text, mark: 'good', indent: 2 })),
    ...(output.product === '' ? [] : [nextOf('genova', output)]),
  ],
})

const importEcspresso = call({
  ...common,
  name: 'import.ecspresso',
  summary: text.summaryEcspresso,
  http: { method: 'POST', path: '/imports/ecspresso' },
  input: z.object({
    ...inputs,
    env: z
      .array(Variable)
      .default([])
      .meta({ ...about(text.fieldVariable.en, text.fieldVariable.ja), repeated: true }),
    tfstate: z.string().min(1).optional().meta(about(text.fieldState.en, text.fieldState.ja)),
  }),
  output: ImportedShape,
  cli: { positional: ['dir'] },
  async run(_, { env, tfstate, ...input }) {
    const [{ importFiles }, { readState }, { importEcspresso }] = await Promise.all([
      import('./import.ts'),
      import('./terraform-state.ts'),
      import('../../manifest/import/ecspresso/import-ecspresso.ts'),
    ])
    const given = {
      env: Object.fromEntries(env.map(pairOf)),
      state: tfstate === undefined ? undefined : await readState(tfstate),
    }
    const tool: Tool = {
      name: 'ecspresso',
      looked: 'ecspresso*.yml',
      read: (repository, product) => importEcspresso(repository, product, given),
    }
    return ImportedShape.parse(await importFiles(tool, { ...input, language: input.comments ?? languageOf(process.env) }))
  },
  show: (output): View => [...showImported(output), nextOf('ecspresso', output)],
})

const pairOf = (pair: string): [string, string] => {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

const importCopilot = call({
  ...common,
  name: 'import.copilot',
  summary: text.summaryCopilot,
  http: { method: 'POST', path: '/imports/copilot' },
  input: z.object(inputs),
  output: ImportedShape,
  cli: { positional: ['dir'] },
  async run(_, input) {
    const [{ importFiles }, { importCopilot }] = await Promise.all([
      import('./import.ts'),
      import('../../manifest/import/copilot/import-copilot.ts'),
    ])
    const tool: Tool = { name: 'copilot', looked: 'copilot/*/manifest.yml', read: importCopilot }
    return ImportedShape.parse(await importFiles(tool, { ...input, language: input.comments ?? languageOf(process.env) }))
  },
  show: (output): View => [...showImported(output), nextOf('copilot', output)],
})

function showSettings({ workflows, grants, products }: NonNullable<z.infer<typeof GenovaShape>['settings']>): View {
  const commands = (title: Text, list: string[]): View =>
    list.length > 0
      ? [
          { kind: 'heading', line: title },
          ...list.map((command): Block => ({ kind: 'line', line: `$ ${command}`, indent: 2, whole: true })),
        ]
      : []
  return [
    ...workflows.flatMap(
      ({ product, text: yaml }): View => [
        { kind: 'heading', line: text.workflowsHeading(product) },
        { kind: 'text', text: yaml },
      ],
    ),
    ...commands(text.grantsHeading, grants),
    ...commands(text.productsHeading, products),
  ]
}

function showImported(output: ImportedShape): View {
  const names = (title: typeof products.service, list: string[]): [typeof products.service, string][] =>
    list.length > 0 ? [[title, list.join(', ')]] : []
  if (output.product === '') return remarkBlocks(output)
  return [
    ...(output.written
      ? [{ kind: 'line', line: text.written(output.file), mark: 'good' } as const]
      : [{ kind: 'text', text: output.text } as const]),
    {
      kind: 'fields',
      indent: 2,
      rows: [
        [init.product, output.product],
        ...names(init.environments, output.environments),
        ...names(init.services, output.services),
        ...names(init.tasks, output.tasks),
        ...names(init.schedules, output.schedules),
      ],
    },
    ...remarkBlocks(output),
  ]
}

function remarkBlocks(output: ImportedShape): View {
  return [
    ...(output.lost.length > 0
      ? [{ kind: 'heading', line: text.lostHeading } as const, ...output.lost.map((one) => remarkLine(one, 'bad'))]
      : [{ kind: 'line', line: text.allCarried, mark: 'good' } as const]),
    ...(output.notes.length > 0
      ? [{ kind: 'heading', line: text.notesHeading } as const, ...output.notes.map((one) => remarkLine(one, 'warn'))]
      : []),
  ]
}

const nextOf = (tool: string, { written }: ImportedShape): Block => ({
  kind: 'next',
  commands: written
    ? [{ command: 'kiban manifest check', why: init.nextCheck }]
    : [{ command: `kiban import ${tool} --write`, why: text.nextWrite }],
})

const remarkLine = ({ file, line, path, text: words }: RemarkShape, mark: 'bad' | 'warn'): Block => ({
  kind: 'line',
  mark,
  indent: 2,
  line: [{ text: `${file}:${line} `, tone: 'muted' }, path ? `${path}: ` : '', words],
})
