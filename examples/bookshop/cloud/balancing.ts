// One load balancer per environment: /api to the API, everything else to the pages.
import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { EnvironmentManifest, ServiceManifest } from '../../../src/manifest/environment.ts'
import type { Clients } from './clients.ts'
import type { Made } from './made.ts'
import type { Network } from './network.ts'

/** How long a stopping task may finish its requests; AWS's own default is 300. */
const DEREGISTRATION_SECONDS = 10
const LISTENER_PORT = 80
const API_PRIORITY = 10

export interface Balancing {
  url: string
  made: Made[]
}

export async function makeBalancing(clients: Clients, environment: EnvironmentManifest, network: Network): Promise<Balancing> {
  const { elb } = clients
  const made: Made[] = []
  const name = `${environment.product}-${environment.environment}`

  const balancer = await there(() => elb.describeLoadBalancers({ Names: [name] }))
  const { LoadBalancers: [loadBalancer] = [] } =
    balancer ??
    (await elb.createLoadBalancer({ Name: name, Subnets: network.publicSubnets, SecurityGroups: [network.balancerGroup] }))
  made.push({ kind: 'load balancer', name, isNew: balancer === undefined })

  const groups = new Map<string, string>()
  for (const service of Object.values(environment.services).filter(({ balanced }) => balanced)) {
    groups.set(service.name, await makeTargetGroup(clients, service, network, made))
  }

  const forward = (service: string) => [{ Type: 'forward' as const, TargetGroupArn: groups.get(service) }]
  const { Listeners = [] } = await elb.describeListeners({ LoadBalancerArn: loadBalancer?.LoadBalancerArn })
  const known = Listeners.find(({ Port }) => Port === LISTENER_PORT)
  const listener =
    known ??
    (
      await elb.createListener({
        LoadBalancerArn: loadBalancer?.LoadBalancerArn,
        Port: LISTENER_PORT,
        Protocol: 'HTTP',
        DefaultActions: forward('web'),
      })
    ).Listeners?.[0]
  made.push({ kind: 'listener', name: `${name}:${LISTENER_PORT}`, isNew: known === undefined })

  const { Rules = [] } = await elb.describeRules({ ListenerArn: listener?.ListenerArn })
  const hasRule = Rules.some(({ Priority }) => Priority === String(API_PRIORITY))
  if (!hasRule) {
    await elb.createRule({
      ListenerArn: listener?.ListenerArn,
      Priority: API_PRIORITY,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*'] } }],
      Actions: forward('api'),
    })
  }
  made.push({ kind: 'rule', name: `${name} /api/*`, isNew: !hasRule })
  return { url: await urlOf(clients, listener?.ListenerArn, loadBalancer?.DNSName), made }
}

async function makeTargetGroup({ elb }: Clients, service: ServiceManifest, network: Network, made: Made[]): Promise<string> {
  const { health, names } = service
  const checks = {
    HealthCheckPath: health.path ?? '/',
    HealthCheckIntervalSeconds: health.interval ?? 30,
    HealthCheckTimeoutSeconds: health.timeout ?? 5,
    HealthyThresholdCount: health.healthy ?? 5,
    UnhealthyThresholdCount: health.unhealthy ?? 2,
    Matcher: { HttpCode: health.matcher ?? '200' },
  }
  const known = await there(() => elb.describeTargetGroups({ Names: [names.targetGroup] }))
  let group: TargetGroup | undefined = known?.TargetGroups?.[0]
  if (group) await elb.modifyTargetGroup({ TargetGroupArn: group.TargetGroupArn, ...checks })
  else {
    const port = service.ports[0]?.port
    const created = await elb.createTargetGroup({
      Name: names.targetGroup,
      Protocol: 'HTTP',
      Port: port,
      VpcId: network.vpc,
      TargetType: 'ip',
      ...checks,
    })
    group = created.TargetGroups?.[0]
  }
  const arn = group?.TargetGroupArn
  if (!arn) throw new Error(`The target group ${names.targetGroup} could not be made`)
  await elb.modifyTargetGroupAttributes({
    TargetGroupArn: arn,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: String(DEREGISTRATION_SECONDS) }],
  })
  made.push({ kind: 'target group', name: names.targetGroup, isNew: known === undefined })
  return arn
}

/** A listener that is reached elsewhere than at its load balancer's name says so in a tag of this name. */
const URL_TAG = 'sandbox:listener-url'

async function urlOf({ elb }: Clients, listenerArn: string | undefined, host: string | undefined): Promise<string> {
  const { TagDescriptions = [] } = await elb.describeTags({ ResourceArns: [listenerArn ?? ''] })
  const own = TagDescriptions[0]?.Tags?.find(({ Key }) => Key === URL_TAG)?.Value
  return own ?? `http://${host}`
}

async function there<Output>(look: () => Promise<Output>): Promise<Output | undefined> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof Error && /NotFound/.test(error.name)) return undefined
    throw error
  }
}
