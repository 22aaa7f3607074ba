// What the workflow of the job asked for.
import type { Language } from '../../src/core/text.ts'
import { BadInput, oneOf } from '../input.ts'
import { type Environment, inputOf } from '../runner.ts'

export interface Wanted {
  server: URL
  product: string
  environment: string
  /** Undefined where a ref is deployed as it stands. */
  commit: string | undefined
  ref: string | undefined
  services: string[]
  workflow: string | undefined
  wait: boolean
  onCancel: 'cancel' | 'leave'
  reason: string
  audience: string
  language: Language
  /** The same for each try to say the same thing in this step, and another in the next run. */
  key: string
}

/** Throws `BadInput`. */
export function wantedOf(environment: Environment): Wanted {
  const given = (name: string) => inputOf(environment, name)
  const language = oneOf('language', given('language') || 'en', ['en', 'ja'])
  const server = serverOf(required('server', given('server')))
  const ref = given('ref') || undefined
  const commit = given('commit') || (ref === undefined ? environment.GITHUB_SHA : undefined) || undefined
  if (commit === undefined && ref === undefined)
    throw new BadInput('commit: neither a commit nor a ref is given, and the event has none')
  if (commit !== undefined && !/^[0-9a-f]{7,40}$/.test(commit))
    throw new BadInput('commit: 7 to 40 hexadecimal digits are expected')
  const services = given('services')
    .split(/[\s,]+/)
    .filter(Boolean)
  const workflow = given('workflow') || undefined
  if (workflow !== undefined && services.length > 0)
    throw new BadInput('services: a workflow names its services itself; leave one of the two out')
  const wanted = {
    server,
    product: required('product', given('product')),
    environment: required('environment', given('environment')),
    commit,
    ref,
    services,
    workflow,
    wait: oneOf('wait', given('wait') || 'true', ['true', 'false']) === 'true',
    onCancel: oneOf('on-cancel', given('on-cancel') || 'cancel', ['cancel', 'leave']),
    reason: given('reason') || runOf(environment),
    audience: given('audience') || server.origin,
    language,
  }
  return { ...wanted, key: keyOf(environment, wanted) }
}

const required = (name: string, value: string): string => {
  if (value === '') throw new BadInput(`${name}: is missing`)
  return value
}

/** A token is sent there: only over TLS, or to this machine itself. */
function serverOf(given: string): URL {
  const url = URL.parse(given)
  const safe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname))
  if (!url || !safe || url.username || url.search || url.hash) throw new BadInput('server: an https address is expected')
  return url
}

const runOf = ({ GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID }: Environment): string =>
  GITHUB_RUN_ID
    ? `${GITHUB_SERVER_URL ?? 'https://github.com'}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`
    : 'GitHub Actions'

/** A job that is run again deploys again. Jobs of a matrix bear the same name, and differ in what they want. */
const keyOf = (
  environment: Environment,
  { product, environment: to, commit, ref, services, workflow }: Omit<Wanted, 'key'>,
): string =>
  JSON.stringify([
    ...['GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB', 'GITHUB_ACTION'].map((name) => environment[name] ?? ''),
    ...[product, to, commit ?? '', ref ?? '', workflow ?? '', ...services],
  ])
