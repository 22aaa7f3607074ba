import { callerIdentity } from '../../aws/identity.ts'
import { awsSession } from '../../aws/session.ts'
import { callerEnvironment } from '../../core/caller.ts'
import { type Opened, sessionVariables } from './sessions.ts'

/** Who a session is, as AWS says. */
export async function whoIs(
  env: NodeJS.ProcessEnv,
  opened: Opened,
  signal: AbortSignal,
): Promise<{ account: string; arn: string }> {
  const session = awsSession(opened.region, callerEnvironment({ ...env, ...sessionVariables(opened) }))
  try {
    return await callerIdentity(session, signal)
  } finally {
    session.close()
  }
}
