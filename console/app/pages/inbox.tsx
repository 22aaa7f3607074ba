import { useQueries, useQuery } from '@tanstack/react-query'
import { approvalsQuery, productsQuery, statusQuery } from '../queries.ts'
import { useReader } from '../session.ts'
import { Data, Empty } from '../ui/data.tsx'
import { Heading } from '../ui/heading.tsx'
import { Panel } from '../ui/panel.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { ApprovalRow, DeploymentLink } from './approval-row.tsx'
import { Outcome } from './deployments.tsx'

export function InboxPage() {
  const { words } = useWords()
  const reader = useReader()
  const approvals = useQuery(approvalsQuery)
  const { data: products = [] } = useQuery(productsQuery)
  const statuses = useQueries({ queries: products.map(({ name }) => statusQuery(name)) })
  const mine = statuses
    .flatMap(({ data }) => data?.environments ?? [])
    .flatMap(({ open }) => open)
    .filter(({ createdBy }) => createdBy === reader?.name)
  return (
    <>
      <Heading title={words(pages.inbox)} />
      <div className="grid gap-4">
        <Panel title={words(pages.approvals)} note={approvals.data?.length} flush>
          <Data of={approvals}>
            {(found) =>
              found.length === 0 ? (
                <Empty title={words(pages.nothingWaits)} help={words(pages.nothingWaitsHelp)} />
              ) : (
                <ul className="divide-y divide-line">
                  {found.map((approval) => (
                    <li key={approval.id}>
                      <ApprovalRow approval={approval} />
                    </li>
                  ))}
                </ul>
              )
            }
          </Data>
        </Panel>
        {mine.length > 0 && (
          <Panel title={words(pages.myDeploys)} flush>
            <ul className="divide-y divide-line">
              {mine.map((deployment) => (
                <li key={deployment.id} className="flex flex-wrap items-center gap-3 px-4 py-3">
                  <Outcome of={deployment} />
                  <span>
                    {deployment.product} / {deployment.environment}
                  </span>
                  <DeploymentLink product={deployment.product} id={deployment.id} />
                </li>
              ))}
            </ul>
          </Panel>
        )}
      </div>
    </>
  )
}
