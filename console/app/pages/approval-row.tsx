// An approval that is asked for, with its answers; and the link to what it is about.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../api/client.ts'
import type { Approval } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { Commit } from '../ui/data.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { Ago } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'

export function ApprovalRow({ approval }: { approval: Approval }) {
  const { words, language } = useWords()
  const [asking, setAsking] = useState<'agree' | 'refuse'>()
  const { product, environment, subject, summary, votes, needed, askedBy, askedAt, whyNot } = approval
  const id = subject.replace(/^deployment\//, '')
  const services = Array.isArray(summary.services)
    ? summary.services.map(({ service }: { service: string }) => service).join(', ')
    : ''
  return (
    <div className="flex flex-wrap items-center gap-3 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="font-semibold">
          {product} / {environment} <Commit of={String(summary.commit ?? '')} />
        </p>
        <p className="flex flex-wrap gap-x-3 text-sm text-ink-muted">
          <span>{words(pages.askedBy(askedBy))}</span>
          <Ago at={askedAt} />
          <span>{services}</span>
          <span>{words(pages.ofNeeded(votes.filter(({ agrees }) => agrees).length, needed))}</span>
          <DeploymentLink product={product} id={id} />
        </p>
        {typeof summary.reason === 'string' && <p className="text-sm">{summary.reason}</p>}
      </div>
      <Button look="primary" because={whyNot?.[language]} onClick={() => setAsking('agree')}>
        {words(pages.agree)}
      </Button>
      <Button look="danger" because={whyNot?.[language]} onClick={() => setAsking('refuse')}>
        {words(pages.refuse)}
      </Button>
      {asking && <VoteDialog approval={approval} vote={asking} onClose={() => setAsking(undefined)} />}
    </div>
  )
}

function VoteDialog({ approval, vote, onClose }: { approval: Approval; vote: 'agree' | 'refuse'; onClose(): void }) {
  const { words } = useWords()
  const queries = useQueryClient()
  const refusing = vote === 'refuse'
  const cast = useMutation({
    mutationFn: (reason: string | undefined) =>
      call(refusing ? 'approval.refuse' : 'approval.agree', { id: approval.id, reason }),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['approvals'] })
      onClose()
    },
  })
  return (
    <Dialog open onClose={onClose} title={words(refusing ? pages.confirmRefuse : pages.confirmAgree)}>
      <form
        className="mt-3 grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          cast.mutate(String(new FormData(event.currentTarget).get('reason') || '') || undefined)
        }}
      >
        {refusing && <p>{words(pages.refuseEffect)}</p>}
        <Field label={words(pages.reason)} name="reason" required={refusing} maxLength={1000} autoFocus />
        <Refusal error={cast.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{words(pages.close)}</Button>
          <Button type="submit" look={refusing ? 'danger' : 'primary'} disabled={cast.isPending}>
            {words(refusing ? pages.refuse : pages.agree)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

export const DeploymentLink = ({ product, id }: { product: string; id: string }) => (
  <Link to="/p/$product/deploys/$id" params={{ product, id }} className="text-accent-ink">
    {id}
  </Link>
)
