// Products and their manifests. What is heavy is imported by `run`: help and completion load this file too.
import { z } from 'zod'
import { init } from '../../core/messages/init.ts'
import { products } from '../../core/messages/products.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import type { View } from '../../core/view.ts'
import { type CatalogueDependencies, catalogueOperations } from './catalogue-operations.ts'
import { importOperations } from './import-operations.ts'

const everywhere = () => ({ product: '*', environment: '*' })
const text = z.object({ en: z.string(), ja: z.string() })

export function productOperations(dependencies: CatalogueDependencies): Operation[] {
  return [initialize, ...importOperations(), ...catalogueOperations(dependencies), check, schema, example]
}

const initialize = call({
  name: 'product.init',
  summary: products.init,
  http: { method: 'POST', path: '/product-drafts' },
  permission: 'read',
  place: everywhere,
  risk: 0,
  local: true,
  input: z.object({
    folder: z
      .string()
      .default('.')
      .meta(about('The repository; the current folder by default', 'リポジトリ。既定は現在のフォルダ')),
    force: z.boolean().optional().meta(about('Replace a kiban.yml that is there', '既存の kiban.yml を上書きする')),
    print: z.boolean().optional().meta(about('Show it and write nothing', '書き込まずに表示する')),
    comments: z.enum(['en', 'ja']).optional().meta(about('Language of the comments', 'コメントの言語')),
  }),
  output: z.object({
    file: z.string(),
    text: z.string(),
    written: z.boolean(),
    product: z.string(),
    services: z.array(z.string()),
    tasks: z.array(z.string()),
  }),
  cli: { alias: 'init', positional: ['folder'] },
  async run(_, input) {
    const { initProduct } = await import('./init.ts')
    return initProduct(input, process.env)
  },
  show(output): View {
    if (!output.written) return [{ kind: 'text', text: output.text }]
    return [
      { kind: 'line', line: init.written(output.file), mark: 'good' },
      {
        kind: 'fields',
        indent: 2,
        rows: [
          [init.product, output.product],
          [init.services, output.services.join(', ')],
          ...(output.tasks.length > 0 ? [[init.tasks, output.tasks.join(', ')] as [typeof init.tasks, string]] : []),
        ],
      },
      {
        kind: 'next',
        commands: [
          { command: 'kiban manifest check', why: init.nextCheck },
          { command: 'kiban plan --env staging', why: init.nextPlan },
        ],
      },
    ]
  },
})

const check = call({
  name: 'manifest.check',
  summary: products.check,
  http: { method: 'POST', path: '/manifest-checks' },
  permission: 'read',
  place: everywhere,
  risk: 0,
  local: true,
  input: z.object({
    file: z
      .string()
      .default('kiban.yml')
      .meta(about('The manifest, or the folder that holds it', 'マニフェスト、またはそれがあるフォルダ')),
  }),
  output: z.object({
    file: z.string(),
    product: z.string(),
    environments: z.array(z.object({ name: z.string(), protected: z.boolean(), approvals: z.number() })),
    services: z.array(
      z.object({
        name: z.string(),
        environments: z.array(z.object({ name: z.string(), size: z.string(), count: z.string(), port: z.number().optional() })),
      }),
    ),
    tasks: z.array(z.string()),
    schedules: z.array(z.string()),
    notices: z.array(z.object({ file: z.string(), line: z.number(), column: z.number(), path: z.string(), text })),
  }),
  cli: { positional: ['file'] },
  async run(_, { file }) {
    const { checkManifest } = await import('./manifest-check.ts')
    return checkManifest(file)
  },
  show(output): View {
    const environments = output.environments.map(({ name }) => name)
    return [
      { kind: 'line', line: [init.sound(output.file), '  ', { text: output.product, tone: 'strong' }], mark: 'good' },
      {
        kind: 'table',
        indent: 2,
        columns: [{ title: products.service }, ...environments.map((name) => ({ title: { en: name, ja: name } }))],
        rows: output.services.map((service) => [
          service.name,
          ...service.environments.map(({ size, count, port }) => [
            `${count} × ${size}`,
            { text: port ? `  :${port}` : '', tone: 'muted' as const },
          ]),
        ]),
      },
      {
        kind: 'fields',
        indent: 2,
        rows: [
          [
            init.environments,
            output.environments.flatMap(({ name, protected: isProtected, approvals }, at) => [
              at > 0 ? ', ' : '',
              name,
              ...(isProtected ? [' (', products.protected, ')'] : []),
              ...(approvals > 0 ? [' ', products.approvals(approvals)] : []),
            ]),
          ],
          ...(output.tasks.length > 0 ? [[init.tasks, output.tasks.join(', ')] as [typeof init.tasks, string]] : []),
          ...(output.schedules.length > 0
            ? [[init.schedules, output.schedules.join(', ')] as [typeof init.schedules, string]]
            : []),
        ],
      },
      ...output.notices.map((notice) => ({
        kind: 'line' as const,
        mark: 'warn' as const,
        line: [
          { text: `${notice.file}:${notice.line}:${notice.column} `, tone: 'muted' as const },
          `${notice.path}: `,
          notice.text,
        ],
      })),
    ]
  },
})

const schema = call({
  name: 'manifest.schema',
  summary: products.schema,
  http: { method: 'GET', path: '/manifest/schema' },
  permission: 'read',
  place: everywhere,
  risk: 0,
  standalone: true,
  input: z.object({
    descriptions: z.enum(['en', 'ja']).default('en').meta(about('Language of the descriptions', '説明の言語')),
  }),
  output: z.record(z.string(), z.unknown()),
  async run(_, { descriptions }) {
    const { manifestJsonSchema } = await import('../../manifest/json-schema.ts')
    return { ...manifestJsonSchema(descriptions) }
  },
  show: (output): View => [{ kind: 'text', text: JSON.stringify(output, null, 2) }],
})

const example = call({
  name: 'manifest.example',
  summary: products.example,
  http: { method: 'GET', path: '/manifest/example' },
  permission: 'read',
  place: everywhere,
  risk: 0,
  standalone: true,
  input: z.object({}),
  output: z.object({ text }),
  async run() {
    const { exampleText } = await import('../../manifest/example.ts')
    return { text: { en: exampleText('en'), ja: exampleText('ja') } }
  },
  show: (output): View => [{ kind: 'text', text: output.text }],
})
