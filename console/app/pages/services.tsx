// How every service of an environment stands now.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { services as said } from '../../../src/core/messages/services.ts'
import { type ServiceRow, servicesQuery } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Data, Empty } from '../ui/data.tsx'
import { Heading } from '../ui/heading.tsx'
import { Panel } from '../ui/panel.tsx'
import { Spark } from '../ui/spark.tsx'
import { Cell, Table } from '../ui/table.tsx'
import type { Tone } from '../ui/tone.ts'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { serviceWords } from '../words/services.ts'
import { useEnvironment } from './product.tsx'
import { NotSeen } from './task-tiles.tsx'
import { Version } from './version.tsx'

export function ServicesPage() {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  return (
    <>
      <Heading title={words(pages.services)} of={`${product} ${environment}`} />
      <ServicesPanel title={environment} />
    </>
  )
}

/** All services of the environment that the page is about. */
export function ServicesPanel({ title, actions }: { title: string; actions?: ReactNode }) {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  const services = useQuery(servicesQuery(product, environment))
  const head = [
    words(pages.service),
    words(serviceWords.tasks),
    words(pages.version),
    words(serviceWords.cpu),
    words(serviceWords.memory),
    words(serviceWords.targets),
  ]
  return (
    <Panel title={title} note={services.data?.services.length} actions={actions} flush>
      <Data of={services}>
        {({ services: found, notSeen }) => (
          <>
            <NotSeen of={notSeen} />
            {found.length === 0 ? (
              <Empty title={words(serviceWords.noServices)} help={words(serviceWords.noServicesHelp)} />
            ) : (
              <Table label={words(pages.services)} head={head}>
                {found.map((row) => (
                  <Row key={row.service} of={row} />
                ))}
              </Table>
            )}
          </>
        )}
      </Data>
    </Panel>
  )
}

function Row({ of: row }: { of: ServiceRow }) {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  const stands = row.health !== 'missing' && row.health !== 'unseen'
  return (
    <tr>
      <Cell>
        <Link
          to="/p/$product/services/$service"
          params={{ product, service: row.service }}
          search={{ env: environment }}
          className="font-semibold text-accent-ink"
        >
          {row.service}
        </Link>
        <div className="mt-1">
          <Health of={row} />
        </div>
      </Cell>
      <Cell className="whitespace-nowrap tabular-nums">
        {stands && words(serviceWords.runningOf(row.running, row.desired))}
        {row.pending > 0 && <div className="text-sm text-accent-ink">{words(serviceWords.pending(row.pending))}</div>}
      </Cell>
      <Cell>
        <ul className="grid gap-1">
          {row.versions.map((version) => (
            <li key={version.definition} className="flex items-center gap-2 whitespace-nowrap">
              <Version product={product} of={version} />
              {row.versions.length > 1 && <span className="text-sm text-ink-muted tabular-nums">× {version.running}</span>}
            </li>
          ))}
        </ul>
      </Cell>
      <Cell>
        <Share of={row.cpu} label={words(serviceWords.cpu)} />
      </Cell>
      <Cell>
        <Share of={row.memory} label={words(serviceWords.memory)} />
      </Cell>
      <Cell className="whitespace-nowrap tabular-nums">
        {row.targets ? (
          words(serviceWords.healthyOf(row.targets.healthy, row.targets.total))
        ) : (
          <span className="text-ink-muted">–</span>
        )}
      </Cell>
    </tr>
  )
}

const tones: Record<ServiceRow['health'], Tone> = {
  good: 'good',
  rolling: 'busy',
  short: 'bad',
  stopped: 'muted',
  missing: 'muted',
  unseen: 'warn',
}

export function Health({ of: { health } }: { of: Pick<ServiceRow, 'health'> }) {
  const { words } = useWords()
  return <Badge tone={tones[health]}>{words(said.health[health])}</Badge>
}

/** A share of what the tasks reserve, now and over the last minutes. */
export function Share({ of: points, label }: { of: ServiceRow['cpu']; label: string }) {
  const { words } = useWords()
  const last = points?.at(-1)
  if (!points || !last) return <span className="whitespace-nowrap text-ink-muted">{words(serviceWords.notMeasured)}</span>
  return (
    <span className="flex items-center gap-3 whitespace-nowrap">
      <span className="w-10 text-right tabular-nums">{Math.round(last.value)} %</span>
      <Spark points={points} label={`${label}, ${words(serviceWords.lastMinutes)}`} />
    </span>
  )
}
