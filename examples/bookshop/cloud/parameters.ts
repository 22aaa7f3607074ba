import type { EnvironmentManifest } from '../../../src/manifest/environment.ts'
import type { Clients } from './clients.ts'
import type { Made } from './made.ts'

/** Writes each value under the environment's prefix, unless it is there just so. */
export async function makeParameters(
  { ssm }: Clients,
  environment: EnvironmentManifest,
  values: Record<string, string>,
): Promise<Made[]> {
  const made: Made[] = []
  for (const [key, value] of Object.entries(values)) {
    const name = `${environment.names.parameters}/${key}`
    const { Parameters = [] } = await ssm.getParameters({ Names: [name], WithDecryption: true })
    const isNew = Parameters[0]?.Value !== value
    if (isNew) await ssm.putParameter({ Name: name, Value: value, Type: 'SecureString', Overwrite: true })
    made.push({ kind: 'parameter', name, isNew })
  }
  return made
}
