/**
 * What a task asks of the machine it runs on: its role's credentials and the metadata endpoint, version 4.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cloud } from '../cloud.ts'
import type { TaskPlan } from '../ecs/runtime.ts'
import { containerMetadata, containerStats, taskMetadata, taskStats } from './task-metadata.ts'
import type { TaskRun } from './task-run.ts'

const LOOPBACK = '127.0.0.1'

export interface TaskEndpoint {
  /** Listens on an address of this machine; variables are true only after that. */
  open(host?: string): Promise<void>
  add(run: TaskRun): void
  remove(run: TaskRun): void
  /** The environment variables by which a container finds its part. */
  variables(task: TaskPlan, runtimeId: string): Record<string, string>
  /** The metadata address as seen from elsewhere. */
  metadataUri(runtimeId: string, host: string): string
  close(): Promise<void>
}

/** `mark` is the first part of every path; who does not know it learns nothing. */
export function taskEndpoint(cloud: Cloud, mark: string): TaskEndpoint {
  const runs = new Map<string, TaskRun>()
  const tokens = new Map<string, string>()
  const server = createServer((request, response) => {
    const [status, body] = answer(request)
    respond(response, status, body)
  })
  server.unref()
  let opening: Promise<unknown> | undefined

  const base = (host: string) => `http://${host}:${(server.address() as AddressInfo).port}/${mark}`

  const answer = (request: IncomingMessage): [number, unknown] => {
    const [first, kind, id = '', ...rest] = (request.url ?? '').split('?')[0]?.split('/').slice(1) ?? []
    if (request.method !== 'GET' || first !== mark) return [404, { message: 'not found' }]
    if (kind === 'credentials') return credentials(id, request.headers.authorization)
    const run = runs.get(id.slice(0, id.lastIndexOf('-')))
    const container = run?.containers.find(({ runtimeId }) => runtimeId === id)
    if (kind !== 'v4' || !run || !container) return [404, { message: 'not found' }]
    switch (rest.filter(Boolean).join('/')) {
      case '':
        return [200, containerMetadata(cloud, run, container)]
      case 'task':
        return [200, taskMetadata(cloud, run)]
      case 'stats':
        return [200, containerStats(container)]
      case 'task/stats':
        return [200, taskStats(run)]
      default:
        return [404, { message: 'not found' }]
    }
  }

  const credentials = (taskId: string, authorization = ''): [number, unknown] => {
    const run = runs.get(taskId)
    if (!run || !isSame(authorization, tokens.get(taskId) ?? randomBytes(16).toString('hex'))) {
      return [403, { code: 'AccessDenied', message: 'the authorization token is not the task’s' }]
    }
    const given = run.plan.credentials?.()
    if (!given) return [404, { code: 'NoCredentials', message: 'the task has no role' }]
    return [
      200,
      {
        RoleArn: run.plan.taskRoleArn,
        AccessKeyId: given.accessKeyId,
        SecretAccessKey: given.secretAccessKey,
        Token: given.sessionToken,
        Expiration: given.expiration.toISOString(),
      },
    ]
  }

  return {
    async open(host = LOOPBACK) {
      opening ??= once(server.listen(0, host), 'listening')
      await opening
    },
    add(run) {
      runs.set(run.plan.taskId, run)
      tokens.set(run.plan.taskId, randomBytes(32).toString('hex'))
    },
    remove(run) {
      runs.delete(run.plan.taskId)
      tokens.delete(run.plan.taskId)
    },
    variables: (task, runtimeId) => ({
      ECS_CONTAINER_METADATA_URI_V4: `${base(LOOPBACK)}/v4/${runtimeId}`,
      ...(task.credentials && {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${base(LOOPBACK)}/credentials/${task.taskId}`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: tokens.get(task.taskId) ?? '',
      }),
    }),
    metadataUri: (runtimeId, host) => `${base(host)}/v4/${runtimeId}`,
    async close() {
      if (!server.listening) return
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Constant-time: both sides are hashed to one length first. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(expected))
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body ?? null))
}
