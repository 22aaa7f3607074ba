// A deployment by kiban from the outside: how soon it knows what ECS knows, what it asks of AWS, what it takes here.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ECS } from '@aws-sdk/client-ecs'
import { type Run, tableOfDeployments } from './measuring/deploy-table.ts'
import type { Deployer } from './measuring/deployer.ts'
import { ecspressoDeployer } from './measuring/ecspresso-deployer.ts'
import { kibanDeployer } from './measuring/kiban-deployer.ts'
import { alternate, benchFlags, machine, report, type Table } from './measuring/measure.ts'
import { type BenchSandboxOptions, type SandboxInChild, sandboxInChild } from './measuring/sandbox-in-child.ts'
import { pushedImage } from './measuring/sandbox-memory.ts'

const flags = benchFlags(`bench/deploy.ts
Deploys one service and twenty, through an instant rollout and one of about 180 seconds, in real time, beside ecspresso
where ECSPRESSO names it: the verdict after ECS's own, calls to AWS, processor time and memory. Takes about an hour.`)

const NOTHING = { settling: 0, deploymentPending: 0, provisioning: 0, pending: 0, activating: 0, deprovisioning: 0 }
const paces: { name: string; rounds: number; sandbox: BenchSandboxOptions }[] = flags.quick
  ? [{ name: 'instant', rounds: 1, sandbox: { scripted: true, timings: NOTHING } }]
  : [
      { name: 'instant', rounds: 7, sandbox: { scripted: true, timings: NOTHING } },
      // In the times of Fargate all else takes 69 s. No two tasks start alike, so that no poll is always lucky.
      { name: '180 s', rounds: 3, sandbox: { scripted: true, startAfter: [106_000, 116_000] } },
    ]
const sizes = flags.quick ? [1, 2] : [1, 20]

const on = machine()
const tables: Table[] = []
for (const pace of paces) tables.push(await measured(pace))
report('deploy', tables, on, flags)

async function measured({ name, rounds, sandbox: options }: (typeof paces)[number]): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-bench-'))
  const sandbox = await sandboxInChild(options)
  const ecs = new ECS(sandbox.client)
  try {
    const image = await pushedImage(sandbox.client)
    const deployers: Record<string, Deployer> = {}
    for (const count of sizes) {
      deployers[`kiban, ${count}`] = await kibanDeployer(sandbox, { product: `bench${count}`, count, image, folder })
      const other = await ecspressoDeployer(sandbox, { cluster: `ecspresso${count}`, count, image, folder })
      if (other) deployers[`ecspresso, ${count}`] = other
    }
    // The services are made, and every cache is filled.
    await Promise.all(Object.values(deployers).map((deployer) => deployer.deploy(0)))
    let release = 0
    const runs = Object.entries(deployers).map(([who, deployer]) => [who, () => run(sandbox, ecs, deployer, ++release)] as const)
    const samples = await alternate(Object.fromEntries(runs), rounds)
    return tableOfDeployments(name, sizes, samples)
  } finally {
    ecs.destroy()
    await sandbox.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function run(sandbox: SandboxInChild, ecs: ECS, deployer: Deployer, release: number): Promise<Run> {
  await sandbox.takeCalls()
  const begun = performance.now()
  const { at, used } = await deployer.deploy(release)
  const wall = (performance.now() - begun) / 1000
  const calls = await sandbox.takeCalls()
  const result: Run = { ecs: [], late: [], wall, calls, cpu: 0, peak: 0 }
  for (const service of deployer.services) {
    const { serviceDeployments: [newest] = [] } = await ecs.listServiceDeployments({ cluster: deployer.cluster, service })
    const { status, createdAt, finishedAt } = newest ?? {}
    const told = at.get(service)
    if (status !== 'SUCCESSFUL' || !createdAt || !finishedAt || told === undefined) throw new Error(`${service} is ${status}`)
    result.ecs.push((finishedAt.getTime() - createdAt.getTime()) / 1000)
    result.late.push((told - finishedAt.getTime()) / 1000)
  }
  for (const { cpuMs, peakMiB } of used) {
    result.cpu = cpuMs === undefined ? undefined : (result.cpu ?? 0) + cpuMs / 1000
    result.peak = peakMiB === undefined ? undefined : (result.peak ?? 0) + peakMiB
  }
  return result
}
