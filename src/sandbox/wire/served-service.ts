// A simulated service with its model, which is loaded when the first request asks for it.
import type { Call, Service } from '../cloud.ts'
import type { Members } from './json-decode.ts'
import { type Model, modelOf } from './model.ts'

export type OperationHandler = (input: Members, call: Call) => Members | Promise<Members>

export class ServedService {
  readonly service: Service
  #model: Promise<Model> | undefined

  constructor(service: Service) {
    this.service = service
  }

  model(): Promise<Model> {
    this.#model ??= this.service.client().then(modelOf)
    return this.#model
  }

  handler(operation: string): OperationHandler | undefined {
    if (!Object.hasOwn(this.service.handlers, operation)) return undefined
    return (this.service.handlers as Record<string, OperationHandler | undefined>)[operation]
  }
}
