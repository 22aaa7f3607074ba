import type { Used } from './child.ts'

/** A way to deploy some services, each deployment a new revision of every one. */
export interface Deployer {
  cluster: string
  /** Names of the ECS services. */
  services: readonly string[]
  /** Brings release `number` out and waits for the verdict. Throws when it did not go well. */
  deploy(number: number): Promise<Told>
}

export interface Told {
  /** When its user heard the verdict on each service, epoch milliseconds. */
  at: ReadonlyMap<string, number>
  /** Of every process that it took. */
  used: readonly Used[]
}
