// What must be true once a disturbed deployment has ended.
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { ECS, TaskDefinition } from '@aws-sdk/client-ecs'
import { type Rollout, states } from '../../src/capabilities/deploy/deployment.ts'
import { findDeployment, migrationsOf, openDeployments, rolloutsOf } from '../../src/capabilities/deploy/deployment-store.ts'
import { heldLocks } from '../../src/capabilities/deploy/lock.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import type { Database } from '../../src/database/database.ts'
import { eventsAbout } from '../../src/database/events.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import type { CloudStage } from '../deploy-stage.ts'
import type { Ground } from './kill.ts'
import { type Course, courses } from './moment.ts'

/** Everything that is wrong, in words; nothing when all promises were kept. */
export const faultsOf = async (
  ground: Ground,
  id: string,
  course: Course,
  expected: { errors?: boolean } = {},
): Promise<string[]> => [
  ...(await withDatabase(ground, (database) => brokenPromises(ground.cloud, database, id, courses[course]))),
  ...(await leftOnMachine(ground, expected)),
]

/** What is wrong in the database and in the cloud. */
export const brokenPromises = async (cloud: CloudStage, database: Database, id: string, verdict: Verdict): Promise<string[]> => [
  ...(await storedFaults(database, id, verdict)),
  ...(await cloudFaults(cloud, database, id)),
]

/** The embedded database belongs to one process at a time, so it is looked into only while no other runs. */
export async function withDatabase<Result>(
  { data, url }: Pick<Ground, 'data' | 'url'>,
  look: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(url ? { url } : { folder: join(data, 'database') })
  try {
    return await look(database)
  } finally {
    await database.close()
  }
}

/** One verdict, told once, after states in their order; no lock but those that others hold, no queue, nothing open. */
export async function storedFaults(
  database: Database,
  id: string,
  verdict: Verdict,
  { held = [] }: { held?: string[] } = {},
): Promise<string[]> {
  const wrong: string[] = []
  const deployment = await findDeployment(database, id)
  if (deployment?.state !== 'done' || deployment.verdict !== verdict) {
    wrong.push(
      `ended as ${deployment?.state} ${deployment?.verdict}, not ${verdict}: ${deployment?.error?.text.en ?? 'no error'}`,
    )
  }
  if ((await openDeployments(database)).includes(id)) wrong.push('it is still open')
  const rollouts = await rolloutsOf(database, id)
  // What never began has none.
  const without = rollouts.filter((rollout) => rollout.sentAt !== undefined && rollout.verdict === undefined)
  if (without.length > 0) wrong.push(`no verdict for ${without.map(({ service }) => service).join(', ')}`)
  const events = await eventsAbout(database, `deployment/${id}`)
  const ends = events.filter(({ type }) => type === 'deployment.ended')
  if (ends.length !== 1) wrong.push(`${ends.length} verdicts`)
  if (events.at(-1)?.type !== 'deployment.ended') wrong.push(`${events.at(-1)?.type} came after the end`)
  const went = events.flatMap(({ type }) => (type === 'lock.lost' ? -1 : stateOf(type)))
  if (went.some((state, at) => state >= 0 && state < (went[at - 1] ?? 0)))
    wrong.push(`states out of order: ${went.map((state) => states[state] ?? 'lock lost')}`)
  for (const [what, count] of Map.groupBy(events, once)) {
    if (what !== undefined && count.length > 1) wrong.push(`${count.length} × ${what}`)
  }
  const place = { product: 'bookshop', environment: deployment?.environment ?? '' }
  const locks = (await heldLocks(database, place)).filter(({ service }) => !held.includes(service))
  if (locks.length > 0) wrong.push(`locks are left: ${locks.map(({ service }) => service).join(', ')}`)
  const waiting = await database.query('select 1 from deploy_lock_queue where product = $1 and environment = $2', [
    place.product,
    place.environment,
  ])
  if (waiting.length > 0) wrong.push(`${waiting.length} places in lock queues are left`)
  return wrong
}

const stateOf = (type: string): number | [] => {
  const state = states.findIndex((one) => type === `deployment.${one}`)
  return state < 0 ? [] : state
}

/** What is told once only. */
function once({ type, data }: { type: string; data: unknown }): string | undefined {
  const { service, task, verdict } = data as { service?: string; task?: string; verdict?: string }
  if (type === 'rollout.started' || type === 'rollout.restored') return `${type} ${service}`
  if (type === 'rollout.ended') return `${type} ${service} ${verdict}`
  return type.startsWith('migration.') ? `${type} ${task}` : undefined
}

/** No second definition, migration or rollout; and ECS runs what the verdict says. */
async function cloudFaults(cloud: CloudStage, database: Database, id: string): Promise<string[]> {
  const wrong: string[] = []
  const environment = (await findDeployment(database, id))?.environment
  for (const rollout of await rolloutsOf(database, id)) {
    const { service, definition } = rollout
    const ours = (await definitionsOf(cloud.ecs, `bookshop-${environment}-${service}`)).filter(({ tagged }) => tagged === id)
    if (ours.length > 1 || ours[0]?.taskDefinitionArn !== definition)
      wrong.push(
        `${service} has ${ours.length} definitions of ours: ${ours.map((one) => one.taskDefinitionArn)}, not ${definition}`,
      )
    wrong.push(...(await rolloutFaults(cloud.ecs, rollout)))
  }
  for (const { task, taskArn } of await migrationsOf(database, id)) {
    const ran = cloud.migrationsOf(id)
    if (ran !== (taskArn === undefined ? 0 : 1)) wrong.push(`${task} ran ${ran} times`)
  }
  return wrong
}

async function rolloutFaults(ecs: ECS, rollout: Rollout): Promise<string[]> {
  const { cluster, name, service, definition, previous, verdict, sentAt } = rollout
  if (sentAt === undefined) return []
  const { serviceDeployments = [] } = await ecs.listServiceDeployments({ cluster, service: name })
  const revisions = serviceDeployments.flatMap(({ targetServiceRevisionArn: arn }) => arn ?? [])
  const { serviceRevisions = [] } = await ecs.describeServiceRevisions({ serviceRevisionArns: revisions.slice(0, 20) })
  const definitionOf = new Map(serviceRevisions.map((revision) => [revision.serviceRevisionArn, revision.taskDefinition]))
  const targets = serviceDeployments.map(({ targetServiceRevisionArn: arn }) => definitionOf.get(arn))
  const wrong: string[] = []
  const rolled = targets.filter((target) => target === definition).length
  if (rolled !== 1) wrong.push(`${service} was rolled ${rolled} times`)
  const back = targets.slice(0, targets.indexOf(definition)).filter((target) => target === previous).length
  if (back > 1) wrong.push(`${service} was rolled back ${back} times`)
  const { services: [standing] = [] } = await ecs.describeServices({ cluster, services: [name] })
  const runs = verdict === 'succeeded' ? definition : verdict === 'rolled-back' || verdict === 'stopped' ? previous : undefined
  if (runs !== undefined && standing?.taskDefinition !== runs)
    wrong.push(`${service} is called ${verdict} and runs ${standing?.taskDefinition}, not ${runs}`)
  return wrong
}

async function definitionsOf(ecs: ECS, family: string): Promise<(TaskDefinition & { tagged: string | undefined })[]> {
  const { taskDefinitionArns = [] } = await ecs.listTaskDefinitions({ familyPrefix: family, sort: 'DESC', maxResults: 20 })
  return Promise.all(
    taskDefinitionArns
      .filter((arn) => arn.includes(`/${family}:`))
      .map(async (arn) => {
        const { taskDefinition, tags = [] } = await ecs.describeTaskDefinition({ taskDefinition: arn, include: ['TAGS'] })
        return { ...taskDefinition, tagged: tags.find(({ key }) => key === 'kiban:deployment')?.value }
      }),
  )
}

/** No build folder, nothing in the temporary folder, no error in the log, no program at work in either. */
async function leftOnMachine(
  { data, temporary }: Pick<Ground, 'data' | 'temporary'>,
  { errors = false }: { errors?: boolean },
): Promise<string[]> {
  const wrong: string[] = []
  for (const folder of [join(data, 'builds'), temporary]) {
    const left = await readdir(folder).catch(() => [])
    if (left.length > 0) wrong.push(`${folder} holds ${left.join(', ')}`)
  }
  const log = await readFile(join(data, 'kiban.log'), 'utf8').catch(() => '')
  if (log !== '' && !errors) wrong.push(`errors that nobody expected: ${log}`)
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue
    const at = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    if ([data, temporary].some((folder) => at.startsWith(folder))) wrong.push(`process ${pid} is still at work in ${at}`)
  }
  return wrong
}
