// Writes the files that are made from others; with --check it only says which of them are stale.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { declared } from '../src/app.ts'
import { openapi } from '../src/core/openapi.ts'
import { version } from '../src/core/version.ts'
import { exampleText } from '../src/manifest/example.ts'
import { manifestJsonSchema } from '../src/manifest/json-schema.ts'
import { cliReference } from './cli-reference.ts'
import { type ApiDocument, consoleApi } from './console-api.ts'
import { permissionTable } from './permission-table.ts'
import { lintOverrides } from './walls.ts'

const root = new URL('..', import.meta.url)
const check = process.argv.includes('--check')

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
const files: Record<string, () => string | Promise<string>> = {
  'biome.json': () =>
    formatted('biome.json', json({ ...JSON.parse(read('biome.json')), overrides: [...handWritten(), ...lintOverrides()] })),
  'openapi.json': () => json(openapi(declared(), version())),
  'docs/cli.md': () => cliReference(declared()),
  'docs/capabilities/permissions.md': () => formatted('docs/capabilities/permissions.md', permissionTable(declared())),
  'console/app/api/operations.generated.ts': () => consoleApi(openapi(declared(), version()) as ApiDocument),
  'kiban.example.yml': () => exampleText('en'),
  'schema/kiban.schema.json': () => formatted('schema/kiban.schema.json', json(manifestJsonSchema())),
}

let stale = 0
for (const [path, make] of Object.entries(files)) {
  const content = await make()
  if (read(path) === content) continue
  if (check) {
    console.error(`${path} is stale; run script/generate`)
    stale++
  } else {
    writeFileSync(new URL(path, root), content)
    console.log(`wrote ${path}`)
  }
}
process.exitCode = stale > 0 ? 1 : 0

function read(path: string): string {
  try {
    return readFileSync(new URL(path, root), 'utf8')
  } catch {
    return ''
  }
}

/** The overrides that do not come from the walls keep their place. */
function handWritten(): object[] {
  const { overrides = [] } = JSON.parse(read('biome.json'))
  return overrides.filter(
    (override: { linter?: { rules?: { style?: object } } }) => !('noRestrictedImports' in (override.linter?.rules?.style ?? {})),
  )
}

function formatted(path: string, content: string): string {
  const biome = spawnSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${path}`], {
    input: content,
    encoding: 'utf8',
    cwd: root,
  })
  if (biome.status !== 0) throw new Error(biome.stderr)
  return biome.stdout
}
