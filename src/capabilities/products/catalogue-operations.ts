// The catalogue of a server, as people and other capabilities ask for it.
import { resolve } from 'node:path'
import { z } from 'zod'
import { products as text } from '../../core/messages/products.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import { SOME } from '../../core/permission.ts'
import type { Line, View } from '../../core/view.ts'
import type { Catalogue, Product } from './catalogue.ts'

export interface CatalogueDependencies {
  catalogue(): Promise<Catalogue>
}

const everywhere = () => ({ product: '*', environment: '*' })
const name = z.string().min(1).meta(about(text.fieldProduct.en, text.fieldProduct.ja))

const ProductShape = z.object({
  name: z.string(),
  repository: z.string(),
  ref: z.string(),
  commit: z.string(),
  readAt: z.number(),
  owners: z.object({
    team: z.string().optional(),
    managers: z.array(z.string()),
    developers: z.array(z.string()),
    sre: z.array(z.string()),
    slack: z.string().optional(),
  }),
  environments: z.array(z.object({ name: z.string(), protected: z.boolean(), approvals: z.number() })),
  services: z.array(z.string()),
  tasks: z.array(z.string()),
})
type ProductShape = z.infer<typeof ProductShape>
const Products = z.object({ products: z.array(ProductShape) })

export function catalogueOperations({ catalogue }: CatalogueDependencies): Operation[] {
  return [
    call({
      name: 'product.list',
      summary: text.list,
      http: { method: 'GET', path: '/products' },
      // Those that one may not see are left out.
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object({}),
      output: Products,
      async run({ actor }) {
        const { listProducts } = await import('./catalogue.ts')
        return { products: await shapes(await listProducts((await catalogue()).database, actor)) }
      },
      show: showProducts,
    }),
    call({
      name: 'product.show',
      summary: text.show,
      http: { method: 'GET', path: '/products/{name}' },
      permission: 'read',
      place: ({ name }) => ({ product: name, environment: SOME }),
      risk: 0,
      input: z.object({ name }),
      output: ProductShape,
      cli: { positional: ['name'] },
      async run(_, input) {
        const { productNamed } = await import('./catalogue.ts')
        const [shape] = await shapes([await productNamed((await catalogue()).database, input.name)])
        return shape as ProductShape
      },
      show: (product) => showProducts({ products: [product] }),
    }),
    call({
      name: 'product.add',
      summary: text.add,
      http: { method: 'POST', path: '/products' },
      permission: 'administer',
      place: everywhere,
      risk: 1,
      input: z.object({
        repository: z
          .string()
          .min(1)
          .meta(about(text.fieldRepository.en, text.fieldRepository.ja))
          .transform((given) => (/^[a-z+]+:\/\/|^[^/]+@[^/]+:/.test(given) ? given : resolve(given))),
        ref: z.string().min(1).default('HEAD').meta(about(text.fieldRef.en, text.fieldRef.ja)),
      }),
      output: ProductShape,
      cli: { positional: ['repository'] },
      async run({ actor, signal }, input) {
        const { addProduct } = await import('./catalogue.ts')
        const [shape] = await shapes([await addProduct(await catalogue(), actor, input, signal)])
        return shape as ProductShape
      },
      show: (product): View => [
        { kind: 'line', line: text.added(product.name), mark: 'good' },
        ...showProducts({ products: [product] }),
      ],
    }),
    call({
      name: 'product.remove',
      summary: text.remove,
      http: { method: 'DELETE', path: '/products/{name}' },
      permission: 'administer',
      place: ({ name }) => ({ product: name, environment: '*' }),
      risk: 3,
      input: z.object({ name }),
      output: z.object({}),
      cli: { positional: ['name'] },
      async run({ actor }, input) {
        const { removeProduct } = await import('./catalogue.ts')
        await removeProduct(await catalogue(), actor, input.name)
        return {}
      },
      show: () => [{ kind: 'line', line: text.removed, mark: 'good' }],
    }),
  ]
}

async function shapes(found: readonly Product[]): Promise<ProductShape[]> {
  const { environmentsOf } = await import('../../manifest/environment.ts')
  return found.map(({ name, repository, ref, commit, readAt, manifest }) => ({
    name,
    repository,
    ref,
    commit,
    readAt,
    owners: {
      team: manifest.owners?.team,
      managers: manifest.owners?.managers ?? [],
      developers: manifest.owners?.developers ?? [],
      sre: manifest.owners?.sre ?? [],
      slack: manifest.owners?.slack,
    },
    environments: Object.entries(environmentsOf(manifest)).map(([environment, of]) => ({
      name: environment,
      protected: of.protected ?? false,
      approvals: of.approvals ?? 0,
    })),
    services: Object.keys(manifest.services),
    tasks: Object.keys(manifest.tasks ?? {}),
  }))
}

function showProducts({ products }: { products: ProductShape[] }): View {
  if (products.length === 0) {
    return [
      { kind: 'line', line: text.none },
      { kind: 'next', commands: [{ command: 'kiban product add https://github.com/example/shop', why: text.addWhy }] },
    ]
  }
  return [
    {
      kind: 'table',
      columns: [{}, {}, {}, {}],
      rows: products.map(({ name, owners, environments, services }): Line[] => [
        { text: name, tone: 'strong' },
        owners.team ?? '',
        environments.map((environment) => environment.name).join(', '),
        services.join(', '),
      ]),
    },
  ]
}
