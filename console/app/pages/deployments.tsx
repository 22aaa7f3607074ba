import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { Rocket } from 'lucide-react'
import { verdicts } from '../../../src/core/verdict.ts'
import { type Deployment, deploymentPages, productQuery } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { LinkButton } from '../ui/button.tsx'
import { Commit, Data, Empty } from '../ui/data.tsx'
import { Field, Select } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { More } from '../ui/more.tsx'
import { Panel } from '../ui/panel.tsx'
import { SearchForm } from '../ui/search-form.tsx'
import { Cell, Table } from '../ui/table.tsx'
import { Ago, duration } from '../ui/time.tsx'
import { verdictTone } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { stateWords, verdictWords } from '../words/verdict.ts'
import { useEnvironment } from './product.tsx'

export function DeploymentsPage() {
  const { words, language } = useWords()
  const { product, environment } = useEnvironment()
  const search = useSearch({ from: '/inside/p/$product/deploys' })
  const { data: known } = useQuery(productQuery(product))
  const deployments = useInfiniteQuery(deploymentPages(product, { env: environment, ...search }))
  const found = deployments.data?.pages.flatMap((page) => page.deployments) ?? []
  const filtered = Object.values({ ...search, env: undefined }).some(Boolean)
  return (
    <>
      <header className="mb-4 flex items-center gap-3">
        <Heading title={words(pages.deploys)} of={`${product} ${environment}`} className="" />
        <LinkButton
          look="primary"
          className="ml-auto"
          to="/p/$product/deploys/new"
          params={{ product }}
          search={{ env: environment }}
        >
          <Rocket size={16} aria-hidden />
          {words(pages.deploy)}
        </LinkButton>
      </header>
      <SearchForm>
        <Select label={words(pages.outcome)} name="verdict" defaultValue={search.verdict ?? ''}>
          <option value="">{words(pages.everything)}</option>
          {verdicts.map((verdict) => (
            <option key={verdict} value={verdict}>
              {words(verdictWords[verdict])}
            </option>
          ))}
        </Select>
        <Select label={words(pages.service)} name="service" defaultValue={search.service ?? ''}>
          <option value="">{words(pages.everything)}</option>
          {known?.services.map((service) => (
            <option key={service}>{service}</option>
          ))}
        </Select>
        <Field label={words(pages.who)} name="actor" defaultValue={search.actor} autoCapitalize="none" />
      </SearchForm>
      <Panel title={environment} note={`${found.length}${deployments.hasNextPage ? '+' : ''}`} flush>
        <Data of={deployments}>
          {() =>
            found.length === 0 && filtered ? (
              <Empty title={words(pages.noDeploysMatch)} help={words(pages.noDeploysMatchHelp)} />
            ) : found.length === 0 ? (
              <Empty
                title={words(pages.noDeploys)}
                help={words(pages.noDeploysHelp)}
                command={`kiban deploy --env ${environment}`}
              />
            ) : (
              <Table
                label={words(pages.deploys)}
                head={[words(pages.outcome), words(pages.what), words(pages.who), words(pages.when), words(pages.took)]}
              >
                {found.map((deployment) => (
                  <tr key={deployment.id}>
                    <Cell>
                      <Outcome of={deployment} />
                      {deployment.causes?.[0] && (
                        <div className="mt-1 text-sm text-ink-muted">{deployment.causes[0].title[language]}</div>
                      )}
                    </Cell>
                    <Cell>
                      <Link
                        to="/p/$product/deploys/$id"
                        params={{ product, id: deployment.id }}
                        search={{ env: environment }}
                        className="text-accent-ink"
                      >
                        {words(pages.kindIn[deployment.kind](deployment.environment))}
                      </Link>{' '}
                      <Commit of={deployment.commit} />
                      <div className="text-sm text-ink-muted">{deployment.services.join(', ')}</div>
                      {deployment.reason && <div className="text-sm text-ink-muted">{deployment.reason}</div>}
                    </Cell>
                    <Cell>{deployment.createdBy}</Cell>
                    <Cell>
                      <Ago at={deployment.createdAt} />
                    </Cell>
                    <Cell className="whitespace-nowrap tabular-nums">
                      {deployment.endedAt !== undefined && duration(deployment.endedAt - deployment.createdAt, language)}
                    </Cell>
                  </tr>
                ))}
              </Table>
            )
          }
        </Data>
        <More of={deployments} />
      </Panel>
    </>
  )
}

export function Outcome({ of: { verdict, state } }: { of: Pick<Deployment, 'verdict' | 'state'> }) {
  const { words } = useWords()
  return verdict ? (
    <Badge tone={verdictTone[verdict]}>{words(verdictWords[verdict])}</Badge>
  ) : (
    <Badge tone="busy">{words(stateWords[state])}</Badge>
  )
}
