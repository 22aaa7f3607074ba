// Image references: `registry/repository:tag`, `registry/repository@sha256:…`, or both.
// https://pkg.go.dev/github.com/distribution/reference

export interface ImageReference {
  registry: string
  repository: string
  /** A tag, or a digest where there is one. */
  version: string
}

export function imageReference(text: string): ImageReference | undefined {
  const found = /^(?:([^/]+)\/)?([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text)
  const [, first = '', rest = '', tag = 'latest', digest] = found ?? []
  if (rest === '') return undefined
  const isRegistry = /[.:]/.test(first) || first === 'localhost'
  return {
    registry: isRegistry ? first : 'docker.io',
    repository: isRegistry || first === '' ? rest : `${first}/${rest}`,
    version: digest ?? tag,
  }
}

/** Whether a registry is ECR's of this account and region, by AWS's own name for it. */
export const isEcrOf = (registry: string, { account, region }: { account: string; region: string }): boolean =>
  new RegExp(`^${account}\\.dkr[.-]ecr(-fips)?\\.${region}\\.`).test(registry)
