import { forEnvironment, type TaskManifest } from '../../../manifest/environment.ts'
import type { DeployEngine } from '../engine.ts'
import { currentReleases } from '../running.ts'
import type { TaskList } from './run-shapes.ts'
import { lastRuns } from './run-store.ts'
import { runShape } from './watch-run.ts'

/** The tasks that can be run in an environment: those of the releases that its services run, each as the newest has it. */
export async function listTasks(
  { database }: Pick<DeployEngine, 'database'>,
  place: { product: string; environment: string },
): Promise<TaskList> {
  const [running, last] = await Promise.all([currentReleases(database, place), lastRuns(database, { ...place, schedule: false })])
  const tasks: Record<string, TaskManifest> = {}
  for (const { release } of running.toSorted((a, b) => a.since - b.since))
    Object.assign(tasks, forEnvironment(release.manifest, place.environment).tasks)
  return {
    environment: place.environment,
    tasks: Object.values(tasks)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, service, command, description, timeout }) => {
        const run = last.get(name)
        return { task: name, service, command, description, timeoutSeconds: timeout, ...(run ? { last: runShape(run) } : {}) }
      }),
  }
}
