// A load balancer with one listener, and servers to stand behind it, for tests.
import { createServer, type RequestListener, type Server } from 'node:http'
import { type BareCloud, bareCloud } from '../bare-cloud.ts'
import type { Call, Cloud, Network } from '../cloud.ts'
import { MetricStore } from '../cloudwatch/metric-store.ts'
import { type ElasticLoadBalancing, elbv2 } from './elbv2.ts'
import type { ProbePace } from './health-check.ts'
import type { ElbHandlers } from './records.ts'

type Handler<Name extends keyof ElbHandlers> = NonNullable<ElbHandlers[Name]>

export interface Bench {
  cloud: BareCloud
  elb: ElasticLoadBalancing
  call<Name extends keyof ElbHandlers>(
    name: Name,
    input: Parameters<Handler<Name>>[0],
  ): Promise<Awaited<ReturnType<Handler<Name>>>>
  targetGroup(settings?: Partial<Parameters<Handler<'CreateTargetGroup'>>[0]>): Promise<string>
  /** A load balancer with a listener that forwards to the group; its URL and ARNs. */
  listener(groupArn: string): Promise<{ url: string; listenerArn: string; loadBalancerArn: string }>
}

export async function bench(parts: Partial<Cloud> = {}, probes: Partial<ProbePace> = {}): Promise<Bench> {
  const cloud = bareCloud({ network: twoZones, ...parts })
  if (!parts.metrics) Object.assign(cloud, { metrics: new MetricStore(cloud.clock) })
  const elb = elbv2(cloud, { probes: { gapMs: 20, graceMs: 0, ...probes } })
  await elb.ready
  let made = 0
  const call: Bench['call'] = async (name, input) => {
    const handler = elb.handlers[name] as (input: unknown, call: Call) => unknown
    return (await handler(input, {} as Call)) as never
  }
  return {
    cloud,
    elb,
    call,
    async targetGroup(settings = {}) {
      const { TargetGroups } = await call('CreateTargetGroup', {
        Name: `web-${++made}`,
        Protocol: 'HTTP',
        Port: 3000,
        VpcId: 'vpc-1',
        TargetType: 'ip',
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
        ...settings,
      })
      return TargetGroups?.[0]?.TargetGroupArn ?? ''
    },
    async listener(groupArn) {
      const { LoadBalancers } = await call('CreateLoadBalancer', { Name: `lb-${++made}`, Subnets: ['subnet-a', 'subnet-c'] })
      const loadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? ''
      const { Listeners } = await call('CreateListener', {
        LoadBalancerArn: loadBalancerArn,
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn: groupArn }],
      })
      const listenerArn = Listeners?.[0]?.ListenerArn ?? ''
      const url = elb.listeners().find((listener) => listener.listenerArn === listenerArn)?.url ?? ''
      return { url, listenerArn, loadBalancerArn }
    },
  }
}

const twoZones: Network = {
  subnetExists: (id) => id.startsWith('subnet-'),
  vpcExists: (id) => id === 'vpc-1',
  vpcOf: () => 'vpc-1',
  securityGroupExists: (id) => id.startsWith('sg-'),
  freeAddresses: () => 10,
  availabilityZone: (id) => `ap-northeast-1${id.at(-1)}`,
  allocate: () => ({ address: '10.0.0.1', networkInterfaceId: 'eni-1', macAddress: '0a:00:00:00:00:01' }),
  release: () => {},
  admits: () => true,
  letsOut: () => true,
}

export interface Backend {
  port: number
  server: Server
  /** As a well-behaved program ends: no new connections, what runs is finished. */
  close(): Promise<void>
}

export async function backend(serve: RequestListener, options: Parameters<typeof createServer>[0] = {}): Promise<Backend> {
  const server = createServer(options, serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { port, server, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** Registers backends under addresses of their own, as ECS does for its tasks. */
export function register(elb: ElasticLoadBalancing, groupArn: string, id: string, backend: { port: number }): void {
  elb.register(groupArn, { id, port: 3000, connect: { host: '127.0.0.1', port: backend.port } })
}

/** Waits until a question is answered with yes; fails after fifteen seconds of real time. */
export async function until(question: () => boolean | Promise<boolean>, what = 'it'): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await question())) {
    if (performance.now() > end) throw new Error(`Waited 15 s in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
