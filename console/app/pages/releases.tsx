import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { begin } from '../api/client.ts'
import { releasePages } from '../queries.ts'
import { useCan } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { Commit, Data, Empty } from '../ui/data.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { More } from '../ui/more.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { Cell, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { useEnvironment } from './product.tsx'

export function ReleasesPage() {
  const { words } = useWords()
  const { product, environment, environments } = useEnvironment()
  const releases = useInfiniteQuery(releasePages(product))
  const found = releases.data?.pages.flatMap((page) => page.releases) ?? []
  const can = useCan()
  const [promoting, setPromoting] = useState<string>()
  const targets = environments.filter(({ name }) => name !== environment)
  return (
    <>
      <header className="mb-4 flex flex-wrap items-center gap-2">
        <Heading title={words(pages.releases)} of={product} className="mr-auto" />
        {targets.map((target) => {
          const may = can(target.protected && target.approvals === 0 ? 'deploy.protected' : 'deploy', {
            product,
            environment: target.name,
          })
          return (
            <Button key={target.name} because={may ? undefined : words(pages.mayNot)} onClick={() => setPromoting(target.name)}>
              {words(pages.promoteFrom(environment, target.name))}
            </Button>
          )
        })}
      </header>
      <Panel title={words(pages.releases)} note={`${found.length}${releases.hasNextPage ? '+' : ''}`} flush>
        <Data of={releases}>
          {() =>
            found.length === 0 ? (
              <Empty title={words(pages.noReleases)} />
            ) : (
              <Table
                label={words(pages.releases)}
                head={[words(pages.commit), words(pages.ref), words(pages.runsIn), words(pages.who), words(pages.when)]}
              >
                {found.map((release) => (
                  <tr key={release.id}>
                    <Cell>
                      <Commit of={release.commit} />
                    </Cell>
                    <Cell>{release.ref}</Cell>
                    <Cell>
                      {Object.entries(release.running)
                        .map(([name, services]) => `${name} (${services.join(', ')})`)
                        .join(', ')}
                    </Cell>
                    <Cell>{release.createdBy}</Cell>
                    <Cell>
                      <Ago at={release.createdAt} />
                    </Cell>
                  </tr>
                ))}
              </Table>
            )
          }
        </Data>
        <More of={releases} />
      </Panel>
      {promoting && <PromoteDialog product={product} from={environment} to={promoting} onClose={() => setPromoting(undefined)} />}
    </>
  )
}

function PromoteDialog({ product, from, to, onClose }: { product: string; from: string; to: string; onClose(): void }) {
  const { words } = useWords()
  const navigate = useNavigate()
  const promote = useMutation({
    mutationFn: (form: FormData) =>
      begin('deployment.promote', { product, from, env: to, reason: String(form.get('reason') || '') || undefined }),
    onSuccess: ({ deployment }) =>
      navigate({ to: '/p/$product/deploys/$id', params: { product, id: deployment.id }, search: { env: to } }),
  })
  return (
    <Dialog open onClose={onClose} title={words(pages.confirmPromote(from, to))}>
      <form
        className="mt-3 grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          promote.mutate(new FormData(event.currentTarget))
        }}
      >
        <p>{words(pages.promoteEffect)}</p>
        <Field label={words(pages.reason)} name="reason" maxLength={500} />
        <Refusal error={promote.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose} autoFocus>
            {words(pages.close)}
          </Button>
          <Button type="submit" look="primary" disabled={promote.isPending}>
            {words(pages.promoteNow)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
