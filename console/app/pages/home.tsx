import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Product, productsQuery, statusQuery } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Data, Empty } from '../ui/data.tsx'
import { Heading } from '../ui/heading.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { verdictTone } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { verdictWords } from '../words/verdict.ts'

export function HomePage() {
  const { words } = useWords()
  const products = useQuery(productsQuery)
  return (
    <>
      <Heading title={words(pages.products)} />
      <Panel title={words(pages.products)} note={products.data?.length} flush>
        <Data of={products}>
          {(found) =>
            found.length === 0 ? (
              <Empty
                title={words(pages.noProducts)}
                help={words(pages.noProductsHelp)}
                command="kiban product add https://github.com/example/shop"
              />
            ) : (
              <Table
                label={words(pages.products)}
                head={[words(pages.product), words(pages.owners), words(pages.environments), words(pages.lastDeploy)]}
              >
                {found.map((product) => (
                  <ProductRow key={product.name} product={product} />
                ))}
              </Table>
            )
          }
        </Data>
      </Panel>
    </>
  )
}

function ProductRow({ product }: { product: Product }) {
  const { words } = useWords()
  const { data: status } = useQuery(statusQuery(product.name))
  return (
    <tr>
      <Cell>
        <Link to="/p/$product" params={{ product: product.name }} className="font-semibold text-accent-ink">
          {product.name}
        </Link>
        <div className="text-sm text-ink-muted">{product.services.join(', ')}</div>
      </Cell>
      <Cell>
        {product.owners.team}
        <div className="text-sm text-ink-muted">{[...product.owners.managers, ...product.owners.sre].join(', ')}</div>
      </Cell>
      <Cell>{product.environments.map(({ name }) => name).join(', ')}</Cell>
      <Cell>
        <ul className="grid gap-1">
          {status?.environments.map(({ environment, open, last }) => (
            <li key={environment} className="flex flex-wrap items-center gap-2">
              {open.length > 0 ? (
                <Badge tone="busy">{words(pages.under(open.length))}</Badge>
              ) : (
                last?.verdict && <Badge tone={verdictTone[last.verdict]}>{words(verdictWords[last.verdict])}</Badge>
              )}
              <span>{environment}</span>
              {last && (
                <span className="text-sm text-ink-muted">
                  <Ago at={last.endedAt ?? last.createdAt} />
                </span>
              )}
            </li>
          ))}
          {status?.environments.length === 0 && <li className="text-ink-muted">{words(pages.notYet)}</li>}
        </ul>
      </Cell>
    </tr>
  )
}
