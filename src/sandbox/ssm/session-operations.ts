// Sessions by Session Manager's own API. The targets here are containers: `ecs:CLUSTER_TASK_RUNTIME`, as ECS names them.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html
import { AwsError, type Cloud } from '../cloud.ts'
import { words } from '../session/words.ts'
import type { SsmHandlers } from './ssm.ts'

const INTERACTIVE = 'AWS-StartInteractiveCommand'

export function sessionOperations(cloud: Cloud): SsmHandlers {
  return {
    StartSession({ Target = '', DocumentName, Parameters }) {
      if (DocumentName !== undefined && DocumentName !== INTERACTIVE)
        throw new AwsError('InvalidDocument', `Document with name ${DocumentName} does not exist.`)
      const command = words(Parameters?.command?.[0] ?? 'sh')
      const start = cloud.tasks.terminal(Target, command)
      if (!start) throw new AwsError('TargetNotConnected', `${Target} is not connected.`)
      const { sessionId, streamUrl, tokenValue } = cloud.sessions.open('session', start)
      return { SessionId: sessionId, StreamUrl: streamUrl, TokenValue: tokenValue }
    },

    ResumeSession({ SessionId = '' }) {
      const { sessionId, streamUrl, tokenValue } = cloud.sessions.resume(SessionId)
      return { SessionId: sessionId, StreamUrl: streamUrl, TokenValue: tokenValue }
    },

    TerminateSession({ SessionId = '' }) {
      cloud.sessions.terminate(SessionId)
      return { SessionId }
    },
  }
}
