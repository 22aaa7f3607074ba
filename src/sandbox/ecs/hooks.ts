// Lifecycle hooks: Lambda functions that are asked, and pauses that wait for ContinueServiceDeployment. All hooks of a stage run
// side by side, and the stage goes on when every one has succeeded.
// Source: Developer Guide, "Lifecycle hooks for Amazon ECS service deployments", "Pause hooks …"; SDK DeploymentLifecycleHook.
import { randomUUID } from 'node:crypto'
import type { DeploymentLifecycleHook } from '@aws-sdk/client-ecs'
import { deadline, timeLeft } from '../../core/clock.ts'
import { newPauseHookId } from './arn.ts'
import { putHookEvent } from './bus-events.ts'
import { type Engine, keepServiceDeployment, type LiveRollout, type LiveService, queue } from './engine.ts'
import { failRollout } from './rollback.ts'
import type { HookRecord } from './state.ts'
import { HOOK_RECALL_MS, HOOK_TIMEOUT_DEFAULT_MINUTES, MINUTE_MS } from './timings.ts'

/** Runs the hooks of the present stage; `done` is called at once when there are none. */
export function runHooks(engine: Engine, service: LiveService, rollout: LiveRollout, done: () => void): void {
  const { record } = rollout
  const configured = (record.configuration.lifecycleHooks ?? []).filter((hook) =>
    (hook.lifecycleStages ?? []).some((stage) => stage === record.stage),
  )
  if (configured.length === 0) {
    done()
    return
  }
  // A sandbox that comes back finds the hooks it had, with their ids, what they had reached and the time they have left.
  const isKept = record.hooks.length > 0
  if (!isKept) record.hooks = configured.map((hook) => newHook(engine, record.stage ?? '', hook))
  if (!record.hooks.some(isUnsettled)) {
    done()
    return
  }
  rollout.waiting = true
  rollout.afterHooks = done
  keepServiceDeployment(engine, record)
  for (const [index, state] of record.hooks.entries()) {
    if (!isKept) putHookEvent(engine, record, state)
    if (!isUnsettled(state)) continue
    expireLater(engine, service, rollout, state)
    const hook = configured[index]
    if (hook && !isPause(hook)) ask(engine, service, rollout, hook, state)
  }
}

/** ContinueServiceDeployment, once it is known to be allowed. */
export function answerPause(engine: Engine, service: LiveService, rollout: LiveRollout, hook: HookRecord, action: string): void {
  if (action === 'CONTINUE') {
    settle(engine, service, rollout, hook, 'SUCCEEDED')
    return
  }
  settle(engine, service, rollout, hook, 'FAILED', `Lifecycle hook ${hook.hookId} was rolled back.`)
}

const isUnsettled = ({ status }: HookRecord) => status === 'AWAITING_ACTION' || status === 'IN_PROGRESS'
const isPause = (hook: DeploymentLifecycleHook) => hook.targetType === 'PAUSE'

function newHook(engine: Engine, stage: string, hook: DeploymentLifecycleHook): HookRecord {
  const minutes = hook.timeoutConfiguration?.timeoutInMinutes ?? HOOK_TIMEOUT_DEFAULT_MINUTES
  return {
    hookId: isPause(hook) ? newPauseHookId() : `ecs-lambda-${randomUUID()}`,
    stage,
    targetType: isPause(hook) ? 'PAUSE' : 'AWS_LAMBDA',
    targetArn: isPause(hook) ? undefined : hook.hookTargetArn,
    status: isPause(hook) ? 'AWAITING_ACTION' : 'IN_PROGRESS',
    expiresAt: deadline(engine.clock, minutes * MINUTE_MS),
    timeoutAction: hook.timeoutConfiguration?.action ?? 'ROLLBACK',
  }
}

function expireLater(engine: Engine, service: LiveService, rollout: LiveRollout, hook: HookRecord): void {
  const timer = engine.clock.after(timeLeft(engine.clock, hook.expiresAt), () =>
    settle(engine, service, rollout, hook, 'TIMED_OUT', `Lifecycle hook ${name(hook)} timed out.`),
  )
  rollout.hookTimers.set(hook.hookId, timer)
}

function ask(engine: Engine, service: LiveService, rollout: LiveRollout, hook: DeploymentLifecycleHook, state: HookRecord): void {
  const { record } = rollout
  const payload = {
    executionDetails: {
      serviceArn: record.service,
      targetServiceRevisionArn: record.target,
      testTrafficWeights: { [record.target]: record.testWeight },
      productionTrafficWeights: { [record.target]: record.productionWeight },
    },
    executionId: randomUUID(),
    lifecycleStage: record.stage,
    resourceArn: record.arn,
    hookDetails: hook.hookDetails,
  }
  const target = hook.hookTargetArn ?? ''
  const fail = (reason: string) => settle(engine, service, rollout, state, 'FAILED', reason)
  engine.cloud.functions.invoke(target, payload).then(
    (answer) => {
      const { hookStatus, callBackDelay } = (answer ?? {}) as { hookStatus?: unknown; callBackDelay?: unknown }
      if (hookStatus === 'SUCCEEDED') settle(engine, service, rollout, state, 'SUCCEEDED')
      else if (hookStatus === 'FAILED') fail(`Lifecycle hook target ${target} returned FAILED status.`)
      else if (hookStatus === 'IN_PROGRESS') {
        const delay = typeof callBackDelay === 'number' ? callBackDelay * 1000 : HOOK_RECALL_MS
        const again = engine.clock.after(delay, () => {
          if (isOpen(service, rollout, state)) ask(engine, service, rollout, hook, state)
        })
        rollout.hookTimers.set(`${state.hookId} again`, again)
      } else fail(`ECS was unable to parse the response from ${target} due to: HookStatus must not be null.`)
    },
    (error: unknown) => fail(`Lifecycle hook target ${target} failed: ${error instanceof Error ? error.message : String(error)}`),
  )
}

function isOpen(service: LiveService, rollout: LiveRollout, hook: HookRecord): boolean {
  const isHere = service.rollout === rollout && rollout.record.status === 'IN_PROGRESS' && rollout.record.hooks.includes(hook)
  return isHere && isUnsettled(hook)
}

function settle(
  engine: Engine,
  service: LiveService,
  rollout: LiveRollout,
  hook: HookRecord,
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT',
  reason?: string,
): void {
  if (!isOpen(service, rollout, hook)) return
  const { record } = rollout
  hook.status = status
  hook.reason = reason
  rollout.hookTimers.get(hook.hookId)?.cancel()
  rollout.hookTimers.get(`${hook.hookId} again`)?.cancel()
  keepServiceDeployment(engine, record)
  putHookEvent(engine, record, hook)
  if (status === 'FAILED' || (status === 'TIMED_OUT' && hook.timeoutAction === 'ROLLBACK')) {
    fail(engine, service, hook)
    return
  }
  if (record.hooks.some(isUnsettled)) return
  rollout.waiting = false
  rollout.afterHooks?.()
  queue(engine, service)
}

function fail(engine: Engine, service: LiveService, hook: HookRecord): void {
  const reason = `Service deployment rolled back because ${hook.stage} lifecycle hook(s) failed. ${hook.reason}`
  failRollout(engine, service, { reason, rolloutReason: reason, told: reason, rollback: true })
  queue(engine, service)
}

const name = (hook: HookRecord) => hook.targetArn ?? hook.hookId
