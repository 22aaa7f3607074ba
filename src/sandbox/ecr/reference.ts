// Image references as container definitions have them: `registry/repository:tag`, `registry/repository@sha256:…`, or both.
import type { Cloud } from '../cloud.ts'

export interface ImageReference {
  /** `docker.io` when the reference names none. */
  registry: string
  repository: string
  tag: string | undefined
  digest: string | undefined
}

/** Reads a reference by the grammar of the distribution project; undefined when it is none. */
export function parseReference(text: string): ImageReference | undefined {
  const parts = /^(?<name>[^\s@]+?)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/.exec(text)?.groups
  if (!parts?.name) return undefined
  const slash = parts.name.indexOf('/')
  const first = slash === -1 ? '' : parts.name.slice(0, slash)
  const hasRegistry = first === 'localhost' || first.includes('.') || first.includes(':')
  const repository = hasRegistry ? parts.name.slice(slash + 1) : parts.name
  if (!/^[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*$/.test(repository)) return undefined
  const tag = parts.tag ?? (parts.digest ? undefined : 'latest')
  return { registry: hasRegistry ? first : 'docker.io', repository, tag, digest: parts.digest }
}

/**
 * Whether a registry's name stands for this cloud's ECR: AWS's own form for the account and region, or a host under
 * which the sandbox was reached. Hosts are remembered, since a kept sandbox may come back on another port while its
 * task definitions still name the old one.
 */
export function isOurRegistry(cloud: Cloud, registry: string): boolean {
  const aws = registryOfAws(registry)
  if (aws) return aws.account === cloud.account && aws.region === cloud.region
  return registry === new URL(cloud.endpoint).host || cloud.table<true>('ecr.hosts').has(registry)
}

/** The account and region of an ECR registry by its name; undefined for any other registry. */
export function registryOfAws(registry: string): { account: string; region: string } | undefined {
  const name = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/.exec(registry)
  return name ? { account: name[1] ?? '', region: name[2] ?? '' } : undefined
}

/** The host of an endpoint under which a client reached ECR, remembered as one of ours. */
export function rememberHost(cloud: Cloud, endpoint: string): string {
  const host = new URL(endpoint).host
  const hosts = cloud.table<true>('ecr.hosts')
  if (!hosts.has(host)) hosts.set(host, true)
  return host
}
