import type { RedirectActionConfig } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { RequestFacts } from './conditions.ts'

/** Where a redirect leads: the configuration with its `#{…}` keywords filled in from the request. */
export function redirectLocation(config: RedirectActionConfig, facts: RequestFacts, listenerPort: number): string {
  const values: Record<string, string> = {
    protocol: 'http',
    host: facts.host,
    port: String(listenerPort),
    path: facts.path.replace(/^\//, ''),
    query: facts.query,
  }
  const fill = (text: string | undefined) =>
    (text ?? '').replace(/#\{(protocol|host|port|path|query)\}/g, (_, name) => values[name] ?? '')
  const query = fill(config.Query)
  return `${fill(config.Protocol).toLowerCase()}://${fill(config.Host)}:${fill(config.Port)}${fill(config.Path)}${query ? `?${query}` : ''}`
}
