import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Rocket } from 'lucide-react'
import { useMemo, useState } from 'react'
import { schedules } from '../../../src/core/messages/schedules.ts'
import { begin, call } from '../api/client.ts'
import type { Plan } from '../queries.ts'
import { useCan } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { CommandLine } from '../ui/command-line.tsx'
import { Commit, Data } from '../ui/data.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Mark } from '../ui/mark.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { useEnvironment } from './product.tsx'

/** The plan is the page: what is shown is what will run, or the server refuses it. */
export function NewDeploymentPage() {
  const { words } = useWords()
  const { product, environment, environments } = useEnvironment()
  const { ref } = useSearch({ from: '/inside/p/$product/deploys/new' })
  const navigate = useNavigate()
  const here = environments.find(({ name }) => name === environment)
  const can = useCan()
  const may = can(here?.protected && here.approvals === 0 ? 'deploy.protected' : 'deploy', { product, environment })
  const plan = useQuery({
    queryKey: ['plan', product, environment, ref ?? ''],
    queryFn: ({ signal }) => call('deployment.plan', { product, env: environment, ref }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  })
  const [asking, setAsking] = useState(false)
  const problems = plan.data?.findings.some(({ severity }) => severity === 'problem') ?? false
  const changes = plan.data?.services.some(({ action }) => action === 'create' || action === 'update') ?? false
  const refusal = problems ? pages.problemsFirst : plan.data && !changes ? pages.nothingChanges : undefined
  const why = may ? refusal && words(refusal) : words(pages.mayNot)
  return (
    <>
      <Heading title={words(pages.newDeploy)} of={`${product} ${environment}`} className="" />
      <p className="mt-1 mb-4 text-ink-muted">{words(pages.newDeployHelp)}</p>
      <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
        <Panel title={words(pages.plan)} note={plan.data && <Commit of={plan.data.commit} />}>
          {plan.isFetching ? (
            <p role="status" className="animate-pulse text-ink-muted">
              {words(pages.planning)}
            </p>
          ) : (
            <Data of={plan}>{(found) => <PlanSteps plan={found} />}</Data>
          )}
        </Panel>
        <div className="grid gap-4">
          <Panel title={words(pages.summary)}>
            <form
              className="mb-4 grid gap-3"
              onSubmit={(event) => {
                event.preventDefault()
                const given = String(new FormData(event.currentTarget).get('ref') ?? '').trim()
                navigate({ to: '.', search: (before) => ({ ...before, ref: given || undefined }) })
              }}
            >
              <Field
                label={words(pages.ref)}
                help={words(pages.refHelp)}
                name="ref"
                defaultValue={ref}
                spellCheck={false}
                autoCapitalize="none"
              />
              <Button type="submit">{words(pages.plan)}</Button>
            </form>
            <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
              <dt className="text-ink-muted">{words(pages.environment)}</dt>
              <dd className="font-semibold">{environment}</dd>
              {plan.data && (
                <>
                  <dt className="text-ink-muted">{words(pages.account)}</dt>
                  <dd>
                    {plan.data.account} · {plan.data.region}
                  </dd>
                </>
              )}
              <dt className="text-ink-muted">{words(pages.ifFails)}</dt>
              <dd>{words(pages.goesBack)}</dd>
              <dt className="text-ink-muted">{words(pages.approval)}</dt>
              <dd>{here && here.approvals > 0 ? words(pages.needsApprovals(here.approvals)) : words(pages.notNeeded)}</dd>
            </dl>
            <Button
              look="primary"
              className="mt-5 w-full"
              because={why}
              disabled={!plan.data}
              onClick={() => plan.data && setAsking(true)}
            >
              <Rocket size={16} aria-hidden />
              {words(pages.deployTo(environment))}
            </Button>
          </Panel>
          {plan.data && <Checks findings={plan.data.findings} />}
          <Panel title={words(pages.sameByCli)}>
            <CommandLine command={`kiban deploy --env ${environment} --product ${product}${ref ? ` --ref ${ref}` : ''}`} />
          </Panel>
        </div>
      </div>
      {asking && plan.data && (
        <ConfirmDeploy plan={plan.data} gitRef={ref} approvals={here?.approvals ?? 0} onClose={() => setAsking(false)} />
      )}
    </>
  )
}

/** What was looked up before anything is changed; what is fine needs no line. */
function Checks({ findings }: { findings: Plan['findings'] }) {
  const { words, language } = useWords()
  return (
    <Panel title={words(pages.checks)} flush>
      {findings.length === 0 ? (
        <p className="flex items-center gap-2 px-4 pb-4">
          <Mark tone="good" /> {words(pages.allGood)}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {findings.map(({ severity, service, place, title, next }) => (
            <li key={`${service} ${place} ${title.en}`} className="flex gap-3 px-4 py-2.5">
              <span className="pt-1">
                <Mark tone={severity === 'problem' ? 'bad' : severity === 'warning' ? 'warn' : 'muted'} />
              </span>
              <div className="min-w-0">
                <p>
                  {service && <span className="font-semibold">{service} </span>}
                  {title[language]}
                </p>
                {place && <p className="text-sm break-all text-ink-muted">{place}</p>}
                {next && <p className="mt-1 text-sm">{next[language]}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function ConfirmDeploy({
  plan,
  gitRef,
  approvals,
  onClose,
}: {
  plan: Plan
  gitRef: string | undefined
  approvals: number
  onClose(): void
}) {
  const { words } = useWords()
  const navigate = useNavigate()
  const { product, environment } = plan
  const rolled = useMemo(
    () => plan.services.filter(({ action }) => action === 'create' || action === 'update').map(({ service }) => service),
    [plan],
  )
  const deploy = useMutation({
    mutationFn: (form: FormData) =>
      begin('deployment.start', {
        product,
        env: environment,
        ref: plan.commit,
        plan: plan.fingerprint,
        reason: String(form.get('reason') || '') || undefined,
      }),
    onSuccess: ({ deployment }) =>
      navigate({ to: '/p/$product/deploys/$id', params: { product, id: deployment.id }, search: { env: environment } }),
  })
  return (
    <Dialog open onClose={onClose} title={words(pages.confirmDeploy(environment, product))}>
      <form
        className="mt-3 grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          deploy.mutate(new FormData(event.currentTarget))
        }}
      >
        <p>
          <Commit of={plan.commit} /> {gitRef}
        </p>
        <p>{words(pages.confirmEffect(rolled.join(', ')))}</p>
        {approvals > 0 && <p>{words(pages.needsApprovals(approvals))}</p>}
        <Field label={words(pages.reason)} name="reason" maxLength={500} />
        <Refusal error={deploy.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose} autoFocus>
            {words(pages.close)}
          </Button>
          <Button type="submit" look="primary" disabled={deploy.isPending}>
            {words(pages.deployNow)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** A schedule that only goes along with its service says nothing new. */
const isTold = ({ action, differences, paused }: Plan['schedules'][number]): boolean =>
  action === 'create' || action === 'delete' || differences.length > 0 || paused

export function PlanSteps({ plan }: { plan: Plan }) {
  const { words } = useWords()
  const action = { create: pages.created, update: pages.rolled, unchanged: pages.unchangedService, 'for-task': pages.lends }
  return (
    <ol className="grid gap-5">
      {plan.migrations.map(({ task, command }) => (
        <li key={task}>
          <h3 className="font-semibold">
            {task}{' '}
            <span className="ml-2 rounded-full bg-warn-soft px-2 py-0.5 text-sm font-medium text-warn">
              {words(pages.migration)}
            </span>
          </h3>
          {command && <code className="text-ink-muted">{command.join(' ')}</code>}
        </li>
      ))}
      {plan.services.map((service) => (
        <li key={service.service}>
          <h3 className="font-semibold">
            {service.service} <span className="ml-2 font-normal text-ink-muted">{words(action[service.action])}</span>
          </h3>
          <Differences rows={service.differences} />
        </li>
      ))}
      {plan.schedules.filter(isTold).map(({ schedule, action, paused, differences }) => (
        <li key={schedule}>
          <h3 className="font-semibold">
            {schedule} <span className="ml-2 font-normal text-ink-muted">{words(schedules.action[action])}</span>
            {paused && (
              <span className="ml-2 rounded-full bg-warn-soft px-2 py-0.5 text-sm font-medium text-warn">
                {words(schedules.staysPaused)}
              </span>
            )}
          </h3>
          <Differences rows={differences} />
        </li>
      ))}
      {plan.rules.map(({ rule, service }) => (
        <li key={`${rule} ${service}`}>{words(schedules.ruleUpdated(rule, service))}</li>
      ))}
    </ol>
  )
}

/** Names of images and commits as long as people tell them apart by; all of it is in the title. */
const shortened = (value: string): string =>
  value.replace(/^[^\s@]*\/(?=[^/\s]+@sha256:)/, '').replace(/\b([0-9a-f]{7})(?:[0-9a-f]{33}|[0-9a-f]{57})\b/g, '$1')

/** What differs from what runs, a line each; a sign says the same as the colour. */
function Differences({ rows }: { rows: Plan['services'][number]['differences'] }) {
  const { words } = useWords()
  if (rows.length === 0) return null
  return (
    <ul className="mt-2 divide-y divide-line overflow-hidden rounded-lg border border-line font-mono text-sm">
      {rows.map(({ path, declared, live, by }) => (
        <li key={path} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5">
          <span
            aria-hidden
            className={live === undefined ? 'text-good' : declared === undefined ? 'text-bad' : 'text-accent-ink'}
          >
            {live === undefined ? '+' : declared === undefined ? '−' : '~'}
          </span>
          <span className="min-w-0 break-all">{path}</span>
          <span className="ml-auto flex min-w-0 flex-wrap items-center gap-2">
            {live !== undefined && (
              <del title={live} className="rounded bg-bad-soft px-1.5 break-all text-bad no-underline">
                {shortened(live)}
              </del>
            )}
            {live !== undefined && declared !== undefined && <span aria-hidden>→</span>}
            {declared !== undefined && (
              <ins title={declared} className="rounded bg-good-soft px-1.5 break-all text-good no-underline">
                {shortened(declared)}
              </ins>
            )}
            {by !== 'release' && <span className="rounded bg-warn-soft px-1.5 font-sans text-warn">{words(pages.outside)}</span>}
          </span>
        </li>
      ))}
    </ul>
  )
}
