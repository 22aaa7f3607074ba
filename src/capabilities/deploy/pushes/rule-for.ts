// What the manifest says of a push: which rule is the branch's, and whether what changed concerns it.
import { globMatcher } from '../../../images/process/glob.ts'
import { type EnvironmentManifest, forEnvironment } from '../../../manifest/environment.ts'
import { MANIFEST_FILE } from '../../../manifest/load.ts'
import type { Manifest } from '../../../manifest/manifest.ts'

export type Rule = NonNullable<Manifest['auto_deploy']>[string]

/** The first rule whose pattern is the whole branch; `*` stays within a part of its name, `**` does not. */
export function ruleFor(manifest: Manifest, branch: string): Rule | undefined {
  return Object.entries(manifest.auto_deploy ?? {}).find(([pattern]) => globMatcher(pattern, { below: false })(branch))?.[1]
}

/** Whether a push that changed these paths concerns a rule; `converted` where the manifest is made of genova's files. */
export function concerns(
  rule: Rule,
  { manifest, converted }: { manifest: Manifest; converted: boolean },
  changed: readonly string[],
): boolean {
  const always = converted ? ['config', '**/config'] : [MANIFEST_FILE]
  const wanted = rule.paths ?? sourcesOf(forEnvironment(manifest, rule.environment))
  const isOne = [...always, ...wanted].map((pattern) => globMatcher(pattern, { below: true }))
  return wanted.some(isEverything) || changed.some((path) => isOne.some((matches) => matches(path)))
}

/** The folders that images are built of, and the files that definitions are made of. */
function sourcesOf({ services }: EnvironmentManifest): string[] {
  return Object.values(services).flatMap(({ build, sidecars, definition }) => [
    ...[build, ...Object.values(sidecars).map((sidecar) => sidecar.build)].flatMap((one) => (one ? [literal(one.context)] : [])),
    ...(typeof definition === 'string' ? [literal(definition)] : []),
  ])
}

const literal = (path: string): string => path.replaceAll(/[*?[\\]/g, '\\$&')

const isEverything = (path: string): boolean => /^(\.?\/*)*$/.test(path)
