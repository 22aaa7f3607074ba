import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import { begin } from '../api/client.ts'
import { releasesQuery, statusQuery } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Select } from '../ui/field.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'

/** One press and one confirmation: back to the version before, or another one that ran. */
export function RollbackButton({ product, environment, may }: { product: string; environment: string; may: boolean }) {
  const { words } = useWords()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button look="danger" because={may ? undefined : words(pages.mayNot)} onClick={() => setOpen(true)}>
        <Undo2 size={16} aria-hidden />
        {words(pages.rollBack)}
      </Button>
      {open && <RollbackDialog product={product} environment={environment} onClose={() => setOpen(false)} />}
    </>
  )
}

function RollbackDialog({ product, environment, onClose }: { product: string; environment: string; onClose(): void }) {
  const { words } = useWords()
  const navigate = useNavigate()
  const { data: status } = useQuery(statusQuery(product))
  const { data: releases = [] } = useQuery(releasesQuery(product))
  const here = status?.environments.find((one) => one.environment === environment)
  const underWay = here?.open.some(({ state }) => state === 'rolling' || state === 'verifying') ?? false
  const others = releases.filter(({ id }) => !here?.services.every(({ releaseId }) => releaseId === id))
  const rollBack = useMutation({
    mutationFn: (form: FormData) =>
      begin('deployment.rollback', {
        product,
        env: environment,
        reason: String(form.get('reason') || '') || undefined,
        to: String(form.get('to') || '') || undefined,
      }),
    onSuccess: ({ deployment }) =>
      navigate({ to: '/p/$product/deploys/$id', params: { product, id: deployment.id }, search: { env: environment } }),
  })
  return (
    <Dialog open onClose={onClose} title={words(pages.confirmRollback(environment))}>
      <form
        className="mt-3 grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          rollBack.mutate(new FormData(event.currentTarget))
        }}
      >
        {underWay ? (
          <p>{words(pages.rollbackUnderWay)}</p>
        ) : (
          <>
            <Select label={words(pages.rollbackTo)} name="to">
              <option value="">{words(pages.releaseBefore)}</option>
              {others.map(({ id, commit, ref }) => (
                <option key={id} value={id}>
                  {commit.slice(0, 7)} {ref}
                </option>
              ))}
            </Select>
            <p className="text-sm text-ink-muted">{words(pages.rollbackNot)}</p>
          </>
        )}
        <Field label={words(pages.reason)} name="reason" maxLength={500} />
        <Refusal error={rollBack.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{words(pages.close)}</Button>
          <Button type="submit" look="danger" disabled={rollBack.isPending}>
            {words(pages.rollBackNow)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
