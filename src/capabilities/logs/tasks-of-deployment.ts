import { describeTasks } from '../../aws/ecs-tasks.ts'
import { logStreamMade } from '../../aws/logs.ts'
import type { AwsSession } from '../../aws/session.ts'
import { sharedLook } from '../../aws/shared-look.ts'
import type { LogLine } from './log-line.ts'
import type { LogPlace } from './log-places.ts'
import type { DeploymentRun } from './rolled-services.ts'

/**
 * Which tasks belong to a deployment: those that ECS says run its definitions. ECS forgets a stopped task after an hour;
 * such a one is told by when it began to write.
 */
export class TasksOfDeployment {
  readonly #known = new Map<string, Promise<boolean>>()

  has(line: LogLine, place: LogPlace, run: DeploymentRun, session: AwsSession): Promise<boolean> {
    const key = `${place.service}/${line.task}`
    const known = this.#known.get(key) ?? belongs(line, place, run, session)
    this.#known.set(key, known)
    known.catch(() => this.#known.delete(key))
    return known
  }
}

async function belongs({ task }: LogLine, place: LogPlace, run: DeploymentRun, session: AwsSession): Promise<boolean> {
  // A task that ran first writes where the service writes whose definition it borrows.
  const first = run.tasks.find(({ taskArn }) => taskArn.endsWith(`/${task}`))
  if (first) return place.service === first.task
  const rolled = run.services.filter(({ service }) => service === place.service)
  const { definition, made } = await originOf(session, place, task)
  if (definition !== undefined) return rolled.some((each) => each.definition === definition)
  return made !== undefined && made >= run.from && (run.to === undefined || made <= run.to)
}

/** What a task runs never changes, so whoever asks next is told the same. */
const ORIGIN_FRESH_MS = 10 * 60_000

function originOf(session: AwsSession, { cluster, group, streams }: LogPlace, task: string) {
  return sharedLook(session, `origin of ${cluster}/${task} in ${group}`, ORIGIN_FRESH_MS, async () => {
    const [found] = (await describeTasks(session, cluster, [task])).values()
    return found
      ? { definition: found.taskDefinitionArn, made: undefined }
      : { definition: undefined, made: await logStreamMade(session, group, streams + task) }
  })
}
