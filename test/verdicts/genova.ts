// genova 5.0: it counts tasks.
import type { Task } from '@aws-sdk/client-ecs'
import { type Outcome, type Tool, tasksOf, type Watched } from './tool.ts'

/** What its job ends with: as many tasks of the new definition as were desired when it began, and none of another; 15 minutes long. */
export const genovaJob: Tool = { begin: (at) => () => counted(at), atLimit: 'failure' }

/** What its command line and Slack tell: the worker swallows how the watching ended, and the runner goes on. */
export const genovaTells: Tool = {
  begin: (at) => async () => ((await counted(at)) === undefined ? undefined : 'success'),
  atLimit: 'success',
}

async function counted(at: Watched): Promise<Outcome | undefined> {
  const isNew = ({ taskDefinitionArn }: Task) => taskDefinitionArn === at.definition
  if ((await tasksOf(at, 'STOPPED')).some(isNew)) return 'failure'
  const tasks = await tasksOf(at, 'RUNNING')
  const running = tasks.filter((task) => isNew(task) && task.lastStatus === 'RUNNING')
  return running.length === at.desired && tasks.every(isNew) ? 'success' : undefined
}
