/**
 * The simulated services, and what each lends the others. Services ask one another at run time only, through the
 * parts of `Cloud`; the few that stand on another's store are given it here.
 */

import { autoscaling } from './autoscaling/autoscaling.ts'
import type { Cloud, Service } from './cloud.ts'
import { cloudWatch } from './cloudwatch/cloudwatch.ts'
import { ec2 } from './ec2/ec2.ts'
import { ecr } from './ecr/ecr.ts'
import { ecs } from './ecs/ecs.ts'
import type { TaskRuntime } from './ecs/runtime.ts'
import type { Timings } from './ecs/timings.ts'
import { elbv2 } from './elbv2/elbv2.ts'
import { eventBridge } from './events/events.ts'
import { kms } from './kms/kms.ts'
import { lambda } from './lambda/lambda.ts'
import { logs } from './logs/logs.ts'
import { processRuntime } from './runtime/process.ts'
import { s3 } from './s3/s3.ts'
import { scheduler } from './scheduler/scheduler.ts'
import { secrets } from './secrets.ts'
import { secretsManager } from './secrets-manager/secrets-manager.ts'
import { type SessionDoor, sessions } from './session/sessions.ts'
import { sqs } from './sqs/sqs.ts'
import { ssm } from './ssm/ssm.ts'

/** The parts of the cloud that a service provides. */
type PartName = Exclude<keyof Cloud, CloudBaseName>
export type CloudBaseName =
  | 'account'
  | 'region'
  | 'clock'
  | 'endpoint'
  | 'folder'
  | 'table'
  | 'commit'
  | 'lag'
  | 'throttled'
  | 'delivery'
  | 'note'
  | 'onClose'
export type Parts = { -readonly [Name in PartName]?: Cloud[Name] }

export interface Simulated {
  services: Service[]
  sessions: SessionDoor
  /** Settles once what was kept from an earlier run is up again. */
  ready: Promise<unknown>
}

/** How tasks run: as child processes, in the times of Fargate, unless a test or a bench says otherwise. */
export interface TaskOptions {
  runtime?: (cloud: Cloud) => TaskRuntime
  timings?: Partial<Timings>
}

/** Makes the services and fills in what they lend each other. */
export function simulatedServices(
  cloud: Cloud,
  parts: Parts,
  { runtime = processRuntime, timings }: TaskOptions = {},
): Simulated {
  const monitoring = cloudWatch(cloud)
  parts.metrics = monitoring.metrics
  parts.alarms = monitoring.alarms
  const events = eventBridge(cloud)
  parts.bus = events
  const keys = kms(cloud)
  const parameters = ssm(cloud, keys.keys)
  const vault = secretsManager(cloud, keys.keys)
  parts.secrets = secrets(cloud, parameters.parameters, vault.store)
  const registry = ecr(cloud)
  parts.images = registry.images
  const lines = logs(cloud)
  parts.logs = lines.logs
  const objects = s3(cloud)
  const messaging = sqs(cloud)
  parts.queues = messaging.queues
  const network = ec2(cloud)
  parts.network = network
  const balancing = elbv2(cloud)
  parts.balancing = balancing
  const functions = lambda(cloud)
  parts.functions = functions
  const containers = ecs(cloud, { runtime: runtime(cloud), timings })
  parts.tasks = containers
  const door = sessions(cloud)
  parts.sessions = door
  const scaling = autoscaling(cloud, monitoring.alarms)
  return {
    services: [
      keys,
      parameters,
      vault,
      registry,
      lines,
      messaging,
      objects,
      network,
      balancing,
      containers,
      scaling,
      monitoring,
      events,
      scheduler(cloud),
      functions,
    ],
    sessions: door,
    ready: Promise.all([balancing.ready, containers.ready]),
  }
}
