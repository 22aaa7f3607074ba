import { Link } from '@tanstack/react-router'
import { Commit } from '../ui/data.tsx'

/** The commit that tasks run, with the deployment that brought it; else the task definition, which others brought. */
export function Version(props: {
  product: string
  of: { definition: string; commit?: string; deployment?: string } | undefined
}) {
  const { product, of } = props
  if (!of) return null
  const { definition, commit, deployment } = of
  const name = definition.split('/').at(-1)
  const shown = commit ? <Commit of={commit} /> : <code className="break-all">{name}</code>
  return deployment ? (
    <Link to="/p/$product/deploys/$id" params={{ product, id: deployment }} title={name} className="text-accent-ink">
      {shown}
    </Link>
  ) : (
    shown
  )
}
