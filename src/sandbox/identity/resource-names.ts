/**
 * The resources of a request, for policies that name them: as far as an input tells them by itself. A service that
 * knows better says so in `Service.resource`; a request that names none acts on `*`.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
interface Place {
  account: string
  region: string
}

type Input = Record<string, unknown>
type Names = (input: Input, place: Place) => string[]

export function resourceNames(signingName: string, input: Input, place: Place): string[] {
  const named = NAMES[signingName]?.(input, place) ?? []
  const found = named.length > 0 ? named : arnsIn(input)
  return found.length > 0 ? found : ['*']
}

const NAMES: Record<string, Names> = {
  ecs(input, { account, region }) {
    const base = `arn:aws:ecs:${region}:${account}`
    const cluster = last(texts(input.cluster)[0] ?? 'default')
    const services = [...texts(input.service), ...texts(input.services), ...texts(input.serviceName)]
    if (services.length > 0) return services.map((name) => asArn(name, `${base}:service/${cluster}/${last(name)}`))
    const tasks = [...texts(input.task), ...texts(input.tasks)]
    if (tasks.length > 0) return tasks.map((id) => asArn(id, `${base}:task/${cluster}/${last(id)}`))
    const definitions = texts(input.taskDefinition)
    if (definitions.length > 0) return definitions.map((name) => asArn(name, `${base}:task-definition/${name}`))
    const clusters = [...texts(input.cluster), ...texts(input.clusters), ...texts(input.clusterName)]
    return clusters.map((name) => asArn(name, `${base}:cluster/${name}`))
  },
  events: (input, { account, region }) =>
    [...texts(input.Rule), ...texts(input.Name)].map((name) => `arn:aws:events:${region}:${account}:rule/${name}`),
  iam: (input, { account }) => [
    ...texts(input.RoleName).map((name) => `arn:aws:iam::${account}:role/${name}`),
    ...texts(input.UserName).map((name) => `arn:aws:iam::${account}:user/${name}`),
  ],
  kms: (input, { account, region }) =>
    [...texts(input.KeyId), ...texts(input.TargetKeyId)].map((id) =>
      asArn(id, `arn:aws:kms:${region}:${account}:${id.startsWith('alias/') ? id : `key/${id}`}`),
    ),
  lambda: (input, { account, region }) =>
    texts(input.FunctionName).map((name) => asArn(name, `arn:aws:lambda:${region}:${account}:function:${name}`)),
  logs(input, { account, region }) {
    const groups = [...texts(input.logGroupName), ...texts(input.logGroupIdentifier)]
    const [stream] = texts(input.logStreamName)
    const rest = stream === undefined ? '' : `log-stream:${stream}`
    return groups.map((name) => asArn(name, `arn:aws:logs:${region}:${account}:log-group:${name}:${rest}`))
  },
  s3: (input) => {
    const [key] = texts(input.Key)
    return texts(input.Bucket).map((bucket) => `arn:aws:s3:::${bucket}${key === undefined ? '' : `/${key}`}`)
  },
  scheduler(input, { account, region }) {
    const [group = 'default'] = texts(input.GroupName)
    return texts(input.Name).map((name) => `arn:aws:scheduler:${region}:${account}:schedule/${group}/${name}`)
  },
  // The six characters that a secret's ARN ends in are not known from its name; policies match them with -* or -??????.
  secretsmanager: (input, { account, region }) =>
    [...texts(input.SecretId), ...texts(input.Name)].map((name) =>
      asArn(name, `arn:aws:secretsmanager:${region}:${account}:secret:${name}-000000`),
    ),
  sqs: (input, { account, region }) =>
    [...texts(input.QueueUrl), ...texts(input.QueueName)].map((url) => `arn:aws:sqs:${region}:${account}:${last(url)}`),
  ssm: (input, { account, region }) =>
    [...texts(input.Name), ...texts(input.Names), ...texts(input.Path)].map((name) =>
      asArn(name, `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`),
    ),
}

/** Every ARN that stands at the top of an input, `TargetGroupArn` and `LoadBalancerArns` alike. */
function arnsIn(input: Input): string[] {
  return Object.entries(input).flatMap(([name, value]) => (/arns?$/i.test(name) ? texts(value).filter(isArn) : []))
}

function texts(value: unknown): string[] {
  const all = Array.isArray(value) ? value : [value]
  return all.filter((one): one is string => typeof one === 'string')
}

const isArn = (text: string): boolean => text.startsWith('arn:')
const asArn = (name: string, made: string): string => (isArn(name) ? name : made)
const last = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
