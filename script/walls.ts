// Who may import whom. The linter's rules are generated from these tables (script/generate), and test/walls.test.ts proves them.
// The linter matches what is written, as far down as folders go today; the test resolves it, however deep a file lies.
import { posix } from 'node:path'

/** The folders of src, each with the folders of ours that it may import besides itself. */
export const walls: Record<string, readonly string[]> = {
  core: [],
  manifest: ['core'],
  aws: ['core'],
  github: ['core'],
  git: ['core'],
  images: ['core'],
  database: ['core'],
  durable: ['core', 'database'],
  sandbox: ['core'],
  capabilities: ['core', 'manifest', 'aws', 'github', 'git', 'images', 'database', 'durable'],
  cli: ['core', 'manifest'],
  server: ['core', 'manifest'],
  slack: ['core', 'manifest'],
}

/** Siblings that every capability may import. */
export const sharedCapabilities = ['products', 'approvals']
export const capabilities = [
  'products',
  'approvals',
  'identity',
  'timeline',
  'deploy',
  'access',
  'logs',
  'incidents',
  'infra',
  'cost',
  'security',
  'slack',
]

/** Packages that only some folders may import; `*` ends a pattern. */
export const packages: { pattern: string; only: readonly string[] }[] = [
  { pattern: 'yaml', only: ['manifest'] },
  { pattern: '@aws-sdk/*', only: ['aws', 'sandbox'] },
  { pattern: '@smithy/*', only: ['aws', 'sandbox'] },
  { pattern: '@octokit/*', only: ['github'] },
  { pattern: 'pg', only: ['database'] },
  { pattern: '@electric-sql/*', only: ['database'] },
  { pattern: 'pg-boss', only: ['durable'] },
  { pattern: '@stricli/*', only: ['cli'] },
  { pattern: '@clack/*', only: ['cli'] },
  { pattern: 'eventsource-parser', only: ['cli', 'server'] },
  { pattern: 'hono', only: ['server'] },
  { pattern: '@hono/*', only: ['server'] },
  { pattern: 'prom-client', only: ['server'] },
  { pattern: 'openid-client', only: ['capabilities'] },
  { pattern: 'jose', only: ['capabilities'] },
  { pattern: '@simplewebauthn/*', only: ['capabilities'] },
  { pattern: 'otpauth', only: ['capabilities'] },
  { pattern: '@slack/*', only: ['slack'] },
  { pattern: '@lydell/*', only: ['sandbox'] },
  { pattern: 'ws', only: ['sandbox', 'capabilities'] },
]

/** The files directly in src: what wires everything, and the executable. */
const roots: Record<string, readonly string[]> = {
  'app.ts': ['sandbox', 'cli', 'server', 'slack'],
  'access.ts': ['sandbox', 'cli', 'server', 'slack', 'aws', 'github', 'git', 'images', 'database', 'durable'],
  'capabilities.ts': ['sandbox', 'cli', 'server', 'slack', 'aws', 'github', 'git', 'images', 'database', 'durable'],
  'main.ts': ['capabilities', 'aws', 'github', 'git', 'images', 'database', 'durable', 'manifest'],
}

/** Why a file (`src/cli/cli.ts`) may not import what a relative specifier leads to; undefined when it may. */
export function crossing(file: string, specifier: string): string | undefined {
  const [, here = '', ...hereRest] = file.split('/')
  const [top, there = '', ...thereRest] = posix.join(posix.dirname(file), specifier).split('/')
  if (top !== 'src') return `${file} may not import ${specifier}, which is not in src`
  if (hereRest.length === 0) return roots[here]?.includes(there) ? told(here, there) : undefined
  const may = walls[here]
  if (!may) return `src/${here} is not in script/walls.ts`
  if (thereRest.length === 0 || (here !== there && !may.includes(there))) return told(here, there)
  if (here !== 'capabilities' || there !== 'capabilities') return undefined
  const [own = ''] = hereRest
  const [other = ''] = thereRest
  return own === other || sharedCapabilities.includes(other) ? undefined : told(`${here}/${own}`, `${there}/${other}`)
}

const told = (here: string, there: string) => `${here} may not import ${there} (script/walls.ts)`

/** One override of the linter per folder: what it may not import, and the sentence that says so. */
export function lintOverrides(): object[] {
  const folders = Object.entries(walls).map(([folder, may]) => {
    const forbidden = Object.keys(walls).filter((other) => other !== folder && !may.includes(other))
    return override([`src/${folder}/**`], [...foldersGroup(folder, forbidden), ...packageGroups(folder)])
  })
  const siblings = capabilities.map((name) => {
    const forbidden = capabilities.filter((other) => other !== name && !sharedCapabilities.includes(other))
    const inherited = Object.keys(walls).filter((other) => other !== 'capabilities' && !walls.capabilities?.includes(other))
    return override(
      [`src/capabilities/${name}/**`],
      [
        ...foldersGroup('capabilities', inherited),
        {
          group: forbidden.flatMap((other) => [`../${other}/**`, `../../${other}/**`]),
          message: `capabilities/${name} may use only ${sharedCapabilities.join(' and ')} of its siblings`,
        },
        ...packageGroups('capabilities'),
      ],
    )
  })
  const files = Object.entries(roots).map(([file, forbidden]) =>
    override([`src/${file}`], [...foldersGroup(file, forbidden), ...packageGroups(file)]),
  )
  return [...folders, ...siblings, ...files]
}

function foldersGroup(folder: string, forbidden: readonly string[]) {
  if (forbidden.length === 0) return []
  return [
    {
      group: forbidden.flatMap((other) => [`./${other}/**`, `../${other}/**`, `../../${other}/**`, `../../../${other}/**`]),
      message: `${folder} may not import ${forbidden.join(', ')} (script/walls.ts)`,
    },
  ]
}

const packageGroups = (folder: string) =>
  packages
    .filter(({ only }) => !only.includes(folder))
    .map(({ pattern, only }) => ({
      group: [pattern, ...(pattern.endsWith('*') ? [`${pattern}*`] : [`${pattern}/**`])],
      message: `${pattern} is imported by ${only.join(' and ')} alone (script/walls.ts)`,
    }))

const override = (includes: string[], patterns: object[]) => ({
  includes: [...includes, '!**/*.test.ts'],
  linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } } },
})
