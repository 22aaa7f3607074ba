// Sentences of AWS as its documentation and reports of users have them, in their older and newer wordings. That the sandbox
// says some of them proves little: these keep the rules true to what ECS says.
import { expect, test } from 'vitest'
import type { RolloutEvidence, SeenTask } from './evidence.ts'
import { explain, taskCauseOf } from './explain.ts'

const declared: RolloutEvidence['declared'] = {
  container: 'web',
  images: { web: '123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:v1' },
  essential: ['web'],
  executionRole: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
  logGroups: { web: '/ecs/web' },
  healthCommands: {},
  stopTimeouts: {},
  platform: 'linux/amd64',
  memory: 512,
  port: 8080,
  graceSeconds: 60,
  reserved: { cpu: 512, memory: 1024, hostPorts: [] },
  check: undefined,
  closedGroup: undefined,
  capacityProvider: 'FARGATE',
  count: 2,
  minimumPercent: 100,
  maximumPercent: 200,
  deadlineMinutes: 30,
}

const stopped = (stoppedReason: string, more: Partial<SeenTask> = {}): SeenTask => ({
  id: 'task',
  lastStatus: 'STOPPED',
  createdAt: 0,
  startedAt: undefined,
  stoppedAt: 0,
  stopCode: 'TaskFailedToStart',
  stoppedReason,
  containers: [{ name: 'web', exitCode: undefined, reason: undefined, health: undefined }],
  targetHealth: [],
  log: undefined,
  ...more,
})

const init = 'ResourceInitializationError: unable to pull secrets or registry auth: '
const asm = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds-db/wordpress-b2fPcF'

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
// https://repost.aws/knowledge-center/ecs-unable-to-pull-secrets
test.each([
  [
    'image-missing',
    'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:v1: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:v1: not found',
  ],
  ['image-missing', 'CannotPullContainerError: Error response from daemon: manifest for shop/web:v1 not found: manifest unknown'],
  [
    'image-denied',
    'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:v1: pulling from host 123456789012.dkr.ecr.us-east-1.amazonaws.com failed with status code [manifests v1]: 403 Forbidden',
  ],
  [
    'image-denied',
    'CannotPullContainerError: Error response from daemon: pull access denied for shop/web, repository does not exist or may require docker login',
  ],
  [
    'registry-unreachable',
    'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "123456789012.dkr.ecr.us-east-1.amazonaws.com/api:v42": failed to do request: Head "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/api/manifests/v42": dial tcp 10.0.3.17:443: i/o timeout',
  ],
  [
    'registry-unreachable',
    'CannotPullContainerError: Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
  ],
  [
    'registry-unreachable',
    `${init}execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 52.46.1.1:443: i/o timeout`,
  ],
  [
    'registry-unreachable',
    `${init}The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "https://api.ecr.eu-north-1.amazonaws.com/": dial tcp 13.53.180.123:443: i/o timeout`,
  ],
  [
    'registry-limit',
    'CannotPullContainerError: inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/nginx/manifests/sha256:0: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.',
  ],
  [
    'architecture',
    "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'",
  ],
  [
    'parameter-missing',
    `${init}execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /shop/production/token`,
  ],
  [
    'secret-missing',
    `${init}execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${asm} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
  ],
  [
    'secret-missing',
    `${init}execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${asm} from secrets manager: InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.`,
  ],
  [
    'secret-key-missing',
    `${init}execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key connectionString`,
  ],
  [
    'secret-denied',
    `${init}execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${asm} from secrets manager: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/ecsTaskExecutionRole/0123 is not authorized to perform: secretsmanager:GetSecretValue on resource: ${asm} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
  ],
  [
    'key-denied',
    `${init}execution resource retrieval failed: unable to retrieve secrets from ssm: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/ecsTaskExecutionRole/0123 is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1234 because no identity-based policy allows the kms:Decrypt action`,
  ],
  [
    'aws-unreachable',
    `${init}execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch secret ${asm} from secrets manager: RequestCanceled: request context canceled caused by: context deadline exceeded`,
  ],
  [
    'aws-unreachable',
    `${init}unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network configuration. RequestCanceled: request context canceled caused by: context deadline exceeded`,
  ],
  [
    'aws-unreachable',
    'ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. signal: killed',
  ],
  [
    'log-group-missing',
    'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
  ],
  [
    'log-denied',
    'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/ecsTaskExecutionRole/3caf is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web:log-stream:web/web/3caf because no identity-based policy allows the logs:CreateLogStream action',
  ],
  [
    'no-addresses',
    "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet 'subnet-0123456789abcdef0': InsufficientFreeAddressesInSubnet",
  ],
  [
    'role-unusable',
    "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.",
  ],
  [
    'command-not-found',
    'CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "gunicorn": executable file not found in $PATH: unknown',
  ],
  [
    'command-not-executable',
    'CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "./run.sh": permission denied: unknown',
  ],
  ['cannot-start', 'CannotStartContainerError: Error response from daemon: failed to get container status: context canceled'],
])('%s: %s', (of, words) => {
  expect(taskCauseOf(stopped(words), declared)?.class).toBe(of)
})

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
test.each([
  [
    'vcpu-quota',
    "service shop was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently.",
  ],
  [
    'vcpu-quota',
    'service shop was unable to place a task. Reason: You’ve reached the limit on the number of tasks you can run concurrently.',
  ],
  [
    'no-capacity',
    'service shop was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.',
  ],
  [
    'no-room',
    'service shop was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 0123 has insufficient CPU units available.',
  ],
  [
    'agent-away',
    'service shop was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 0123 encountered error "AGENT".',
  ],
  [
    'no-instances',
    'service shop was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.',
  ],
  ['starts-impaired', 'service shop is unable to consistently start tasks successfully.'],
  ['ecs-throttled', 'service shop operations are being throttled. Will try again later.'],
  ['ecs-throttled', 'service shop operations are being throttled on elb. Will try again later.'],
  [
    'stuck',
    'service shop was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
  ],
  [
    'protected-tasks',
    'service shop was unable to scale in. Reason: The number of protected tasks are more than the desired count.',
  ],
])('%s: %s', (of, message) => {
  expect(explain(evidence({ events: [{ at: 1, message }] })).map((cause) => cause.class)).toEqual([of])
})

const evidence = (more: Partial<RolloutEvidence>): RolloutEvidence => ({
  service: 'web',
  action: 'update',
  verdict: undefined,
  cancelledBy: undefined,
  failedSiblings: [],
  view: undefined,
  resets: 0,
  tasks: [],
  oldTasks: [],
  events: [],
  declared,
  notSeen: [],
  ...more,
})

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes
test.each([
  ['health-404', 'Health checks failed with these codes: [404]'],
  ['health-5xx', 'Health checks failed with these codes: [502]'],
  ['health-code', 'Health checks failed with these codes: [301]'],
  ['health-timeout', 'Request timed out'],
  ['slow-start', 'Health checks failed'],
])('%s: %s', (of, reason) => {
  const sick = stopped('Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)', {
    stopCode: 'ServiceSchedulerInitiated',
    targetHealth: [{ at: 1, reason }],
  })
  expect(explain(evidence({ tasks: [sick] })).map((cause) => cause.class)).toEqual([of])
})

test('a breaker that has not triggered after more failures than it counts was set back, though nobody saw it', () => {
  const causesOf = (ends: number[], status = 'MONITORING') => {
    const tasks = ends.map((stoppedAt, at) =>
      stopped('Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)', {
        id: `task-${at}`,
        stoppedAt,
        stopCode: 'ServiceSchedulerInitiated',
        targetHealth: [{ at: 1, reason: 'Health checks failed with these codes: [500]' }],
      }),
    )
    const view = { arn: '', status: 'IN_PROGRESS', sources: [], breaker: { failures: 1, threshold: 3, status } }
    return explain(evidence({ tasks, view })).map(({ class: of, count }) => `${of} ${count}`)
  }
  const overAMinute = [0, 10_000, 20_000, 30_000, 40_000, 60_000]
  expect(causesOf(overAMinute)).toEqual(['flapping 2', 'health-5xx 6'])
  expect(causesOf(overAMinute, 'TRIGGERED')).toEqual(['health-5xx 6'])
  // So many at once may have failed after the count was read.
  expect(causesOf([60_000, 60_001, 60_002, 60_003, 60_004, 60_005])).toEqual(['health-5xx 6'])
})

test('five tasks that fail alike are one cause, and tasks that are stopped in order are none', () => {
  const crash = (id: string): SeenTask =>
    stopped('Essential container in task exited', {
      id,
      stopCode: 'EssentialContainerExited',
      containers: [{ name: 'web', exitCode: 1, reason: undefined, health: undefined }],
    })
  const scaled = stopped('Scaling activity initiated by (deployment ecs-svc/1)', { stopCode: 'ServiceSchedulerInitiated' })
  const causes = explain(evidence({ tasks: [...['a', 'b', 'c', 'd', 'e'].map(crash), scaled] }))
  expect(causes.map(({ class: of, count }) => [of, count])).toEqual([['crash', 5]])
  expect(explain(evidence({ tasks: [scaled], verdict: 'succeeded' }))).toEqual([])
})

test('what could not be looked at stands beside the failure', () => {
  const [cause] = explain(evidence({ verdict: 'rolled-back', notSeen: ['ecs:ListTasks'] }))
  expect(cause).toMatchObject({
    class: 'unknown',
    certain: false,
    evidence: [{ kind: 'not-looked-at', text: 'ecs:ListTasks' }],
  })
})
