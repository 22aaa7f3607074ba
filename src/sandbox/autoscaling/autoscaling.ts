// Application Auto Scaling for the desired count of ECS services.
import type { Cloud, Service } from '../cloud.ts'
import { scalingOperations } from './operations.ts'
import { type ScalingHandlers, scalingRecords } from './records.ts'
import { type AlarmSource, Scaler } from './scaler.ts'

/** Scales by the metrics that the sandbox's services feed, each minute of the cloud's clock; `alarms` ring for step policies. */
export function autoscaling(cloud: Cloud, alarms: AlarmSource): Service & { handlers: ScalingHandlers } {
  const kept = scalingRecords(cloud)
  const scaler = new Scaler(cloud, kept, alarms)
  scaler.wake()
  cloud.onClose(() => scaler.close())
  cloud.onClose(cloud.alarms.watch((name, state) => scaler.alarmChanged(name, state)))
  return {
    client: () => import('@aws-sdk/client-application-auto-scaling'),
    signingName: 'application-autoscaling',
    handlers: scalingOperations(cloud, kept, () => scaler.wake()),
  }
}
