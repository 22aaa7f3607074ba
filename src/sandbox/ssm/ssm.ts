import type { Cloud, Handlers, Service } from '../cloud.ts'
import type { Keys } from '../kms/keys.ts'
import { ParameterStore } from './parameter-store.ts'
import { readOperations } from './read-operations.ts'
import { sessionOperations } from './session-operations.ts'
import { tagOperations } from './tag-operations.ts'
import { writeOperations } from './write-operations.ts'

export type SsmHandlers = Handlers<typeof import('@aws-sdk/client-ssm')>

/** SSM, of which there are Parameter Store and Session Manager. */
export function ssm(cloud: Cloud, keys: Keys): Service & { parameters: ParameterStore } {
  const parameters = new ParameterStore(cloud, keys)
  const handlers: SsmHandlers = {
    ...readOperations(parameters),
    ...writeOperations(cloud, parameters),
    ...tagOperations(parameters),
    ...sessionOperations(cloud),
  }
  return { client: () => import('@aws-sdk/client-ssm'), signingName: 'ssm', handlers, parameters }
}
