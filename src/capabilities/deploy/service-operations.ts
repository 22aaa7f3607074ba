// Services and their tasks as they stand now, and what waits at a pause. What is heavy is imported by `run`.
import { z } from 'zod'
import { deployFields } from '../../core/messages/deploy-fields.ts'
import { services as text } from '../../core/messages/services.ts'
import { about, call, type Operation, stream } from '../../core/operation.ts'
import { productField as product } from '../products/product-field.ts'
import { env, place, services } from './fields.ts'
import type { DeployDependencies } from './operations.ts'
import { ServiceDetail, ServiceList, TaskItem } from './services/service-shapes.ts'
import { showContinued, showService, showServices } from './services/show-services.ts'
import { showTasks } from './services/show-tasks.ts'

export function serviceOperations({ engine }: DeployDependencies): Operation[] {
  return [
    call({
      name: 'service.list',
      summary: text.list,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/services' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({ product, env }),
      output: ServiceList,
      cli: { alias: 'services', positional: ['env'] },
      async run(context, input) {
        const { listServices } = await import('./services/service-rows.ts')
        return listServices(await engine(context.environment), place(input))
      },
      show: showServices,
    }),
    call({
      name: 'service.show',
      summary: text.show,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/services/{service}' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({ product, env, service: z.string().min(1).meta(about(text.service.en, text.service.ja)) }),
      output: ServiceDetail,
      cli: { positional: ['service'], short: { e: 'env' } },
      async run(context, input) {
        const { serviceDetail } = await import('./services/service-detail.ts')
        return serviceDetail(await engine(context.environment), { ...place(input), service: input.service })
      },
      show: showService,
    }),
    stream({
      name: 'task.follow',
      summary: text.tasks,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/tasks' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({
        product,
        env,
        services,
        follow: z.boolean().default(true).meta(about(text.follow.en, text.follow.ja)),
      }),
      item: TaskItem,
      cli: { alias: 'tasks', positional: ['services'], short: { e: 'env', f: 'follow' } },
      async *run({ signal, environment }, input) {
        const { followTasks } = await import('./services/follow-tasks.ts')
        const wanted = { ...place(input), services: input.services, follow: input.follow }
        yield* followTasks(await engine(environment), wanted, signal)
      },
      show: showTasks,
    }),
    call({
      name: 'deployment.continue',
      summary: text.continue,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/continuations' },
      permission: 'deploy',
      place,
      risk: 1,
      question: ({ env, id }) => text.continueQuestion(env, id),
      input: z.object({
        product,
        env,
        id: z.string().optional().meta(about(deployFields.deployment.en, deployFields.deployment.ja)),
        services: services.meta(about(text.continueServices.en, text.continueServices.ja)),
      }),
      output: z.object({ continued: z.array(z.object({ service: z.string(), stage: z.string() })) }),
      cli: { positional: ['id'], short: { e: 'env' } },
      async run({ actor, signal, environment, requestId }, input) {
        const [{ deploymentToStop }, { continuePaused }] = await Promise.all([
          import('./find-deployment.ts'),
          import('./services/continue-paused.ts'),
        ])
        const here = await engine(environment)
        const id = await deploymentToStop(here, { ...input, environment: input.env }, requestId)
        return { continued: await continuePaused(here, actor, id, input.services, signal) }
      },
      show: showContinued,
    }),
  ]
}
