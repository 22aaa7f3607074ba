// Makes what a deployment of the bookshop only looks up: run it before the first deployment, and again whenever you like.
// Endpoint, region and credentials come from the AWS environment variables and profiles alone.
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { environmentsOf, forEnvironment } from '../../src/manifest/environment.ts'
import { readManifest } from '../../src/manifest/load.ts'
import { makeBalancing } from './cloud/balancing.ts'
import { cloudClients } from './cloud/clients.ts'
import type { Made } from './cloud/made.ts'
import { makeNetwork } from './cloud/network.ts'
import { makeParameters } from './cloud/parameters.ts'
import { makeServiceParts } from './cloud/service-parts.ts'

export interface MadeEnvironment {
  environment: string
  /** Where the shop is to be seen, once it is deployed. */
  url: string
  made: Made[]
}

/** Makes one environment, or finds it made; `dataFolder` holds its database. */
export async function makeEnvironment(name: string, dataFolder: string): Promise<MadeEnvironment> {
  const file = new URL('kiban.yml', import.meta.url)
  const environment = forEnvironment(readManifest(readFileSync(file, 'utf8')).manifest, name)
  const clients = cloudClients(environment.region)
  try {
    const network = await makeNetwork(clients, environment)
    const balancing = await makeBalancing(clients, environment, network)
    const parts = await makeServiceParts(clients, environment)
    const folder = join(dataFolder, name)
    mkdirSync(folder, { recursive: true })
    const parameters = await makeParameters(clients, environment, {
      'database-url': pathToFileURL(join(folder, 'bookshop.sqlite')).href,
      'api-url': balancing.url,
    })
    return { environment: name, url: balancing.url, made: [...network.made, ...balancing.made, ...parts, ...parameters] }
  } finally {
    clients.close()
  }
}

export function bookshopEnvironments(): string[] {
  return Object.keys(environmentsOf(readManifest(readFileSync(new URL('kiban.yml', import.meta.url), 'utf8')).manifest))
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, data: { type: 'string', default: join(tmpdir(), 'bookshop') } },
  })
  const environments = positionals.length > 0 ? positionals : bookshopEnvironments()
  for (const name of environments) {
    const { url, made } = await makeEnvironment(name, values.data)
    if (values.json) console.log(JSON.stringify({ environment: name, url, made }))
    else {
      for (const { kind, name, isNew } of made) console.log(`${isNew ? '+' : ' '} ${kind.padEnd(15)} ${name}`)
      console.log(`${name}: ${url}\n`)
    }
  }
}
