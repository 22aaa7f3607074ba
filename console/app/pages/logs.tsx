import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { productQuery } from '../queries.ts'
import { CommandLine } from '../ui/command-line.tsx'
import { Select } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { LogPanel } from './log-panel.tsx'
import { useEnvironment } from './product.tsx'

export function LogsPage() {
  const { words } = useWords()
  const { product, environment } = useEnvironment()
  const { service, deployment, task, filter } = useSearch({ from: '/inside/p/$product/logs' })
  const navigate = useNavigate()
  const { data } = useQuery(productQuery(product))
  return (
    <>
      <Heading title={words(pages.logs)} of={`${product} ${environment}`} />
      <div className="mb-4 grid items-end gap-4 sm:grid-cols-[14rem_1fr]">
        <Select
          label={words(pages.service)}
          value={service ?? ''}
          onChange={({ target }) =>
            navigate({ to: '.', search: (before) => ({ ...before, service: target.value || undefined }) })
          }
        >
          <option value="">{words(pages.allServices)}</option>
          {data?.services.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
        <CommandLine command={`kiban logs ${service ? `${service} ` : ''}--env ${environment} --product ${product}`} />
      </div>
      <LogPanel
        product={product}
        environment={environment}
        service={service}
        deployment={deployment}
        task={task}
        onAllTasks={() => navigate({ to: '.', search: (before) => ({ ...before, task: undefined }) })}
        filter={filter}
        onFilter={(words) =>
          navigate({ to: '.', search: (before) => ({ ...before, filter: words || undefined }), replace: true })
        }
        height="calc(100dvh - 19rem)"
      />
    </>
  )
}
