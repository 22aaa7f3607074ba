// Every class of causes for which a deployment does not succeed, in words.
import { deploymentCauses } from './cause-deployment.ts'
import { rolloutCauses } from './cause-rollout.ts'
import { runCauses } from './cause-run.ts'
import { startCauses } from './cause-start.ts'

export const causes = { ...startCauses, ...runCauses, ...rolloutCauses, ...deploymentCauses }

export type CauseClass = keyof typeof causes

/** What the words of a class are made with. */
export type CauseNames<Class extends CauseClass> = Parameters<(typeof causes)[Class]['title']>[0]

export const causeClasses = Object.keys(causes) as CauseClass[]
