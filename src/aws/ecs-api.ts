// The classes in which ECS throttles: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
import type { ECS } from '@aws-sdk/client-ecs'
import type { Api } from './session.ts'

const api = (bucket: string): Api<ECS> => ({
  service: 'ecs',
  bucket,
  load: async (config) => new (await import('@aws-sdk/client-ecs')).ECS(config),
})

export const ecsRead = api('read')
/** Each call makes another revision: after a lost answer one looks first. */
export const ecsRegister: Api<ECS> = { ...api('register'), repeatable: false }
export const ecsModify = api('modify')
export const ecsRun = api('run')
