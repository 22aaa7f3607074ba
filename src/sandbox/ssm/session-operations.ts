// Sessions by Session Manager's own API. The targets here are containers: `ecs:CLUSTER_TASK_RUNTIME`, as ECS names them.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html
import { AwsError, type Cloud, type SessionOpening } from '../cloud.ts'
import { portSession } from '../session/port-session.ts'
import { words } from '../session/words.ts'
import type { SsmHandlers } from './ssm.ts'

const INTERACTIVE = 'AWS-StartInteractiveCommand'
const PORT = 'AWS-StartPortForwardingSession'
const REMOTE_PORT = 'AWS-StartPortForwardingSessionToRemoteHost'

export function sessionOperations(cloud: Cloud): SsmHandlers {
  return {
    StartSession({ Target = '', DocumentName, Parameters }) {
      if (DocumentName !== undefined && ![INTERACTIVE, PORT, REMOTE_PORT].includes(DocumentName))
        throw new AwsError('InvalidDocument', `Document with name ${DocumentName} does not exist.`)
      const agent = cloud.tasks.agent(Target)
      const first = (name: string) => Parameters?.[name]?.[0]
      if (DocumentName === PORT || DocumentName === REMOTE_PORT) {
        const port = portOf(first('portNumber'))
        const host = DocumentName === REMOTE_PORT ? first('host') : undefined
        if (!agent) throw notConnected(Target)
        const destination = host === undefined ? agent.place(port) : { host, port }
        const properties = {
          ...{ portNumber: String(port), localPortNumber: first('localPortNumber') ?? '0', type: 'LocalPortForwarding' },
          ...(host !== undefined && { host }),
        }
        return opening(cloud.sessions.open('session', async () => portSession(destination, agent.stopped()), properties))
      }
      const start = agent?.terminal(words(first('command') ?? 'sh'))
      if (!start) throw notConnected(Target)
      return opening(cloud.sessions.open('session', start))
    },

    ResumeSession({ SessionId = '' }) {
      return opening(cloud.sessions.resume(SessionId))
    },

    TerminateSession({ SessionId = '' }) {
      cloud.sessions.terminate(SessionId)
      return { SessionId }
    },
  }
}

const opening = ({ sessionId, streamUrl, tokenValue }: SessionOpening) => ({
  SessionId: sessionId,
  StreamUrl: streamUrl,
  TokenValue: tokenValue,
})

const notConnected = (target: string) => new AwsError('TargetNotConnected', `${target} is not connected.`)

/** As the documents allow it: 1 to 65535. */
function portOf(given: string | undefined): number {
  const port = Number(given)
  if (/^[1-9]\d{0,4}$/.test(given ?? '') && port < 2 ** 16) return port
  throw new AwsError('InvalidParameters', `Parameter "portNumber" has value "${given ?? ''}" not matching a port.`)
}
