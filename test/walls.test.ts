import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { capabilities, crossing, packages, sharedCapabilities, walls } from '../script/walls.ts'

interface Probe {
  file: string
  imports: string
  allowed: boolean
  lazily?: boolean
}

const folders = Object.keys(walls)
const probes: Probe[] = [
  ...folders.flatMap((folder) =>
    folders
      .filter((other) => other !== folder)
      .map((other) => ({
        file: `src/${folder}/probe-${other}.ts`,
        imports: `../${other}/x.ts`,
        allowed: (walls[folder] ?? []).includes(other),
      })),
  ),
  ...folders.flatMap((folder) =>
    packages.map(({ pattern, only }, at) => ({
      file: `src/${folder}/package-${at}.ts`,
      imports: pattern.replace('*', 'x'),
      allowed: only.includes(folder),
    })),
  ),
  ...capabilities.flatMap((name) =>
    capabilities
      .filter((other) => other !== name)
      .map((other) => ({
        file: `src/capabilities/${name}/probe-${other}.ts`,
        imports: `../${other}/x.ts`,
        allowed: sharedCapabilities.includes(other),
      })),
  ),
  { file: 'src/capabilities/deploy/face.ts', imports: '../../cli/x.ts', allowed: false },
  { file: 'src/capabilities/deploy/deep/face.ts', imports: '../../../sandbox/x.ts', allowed: false },
  { file: 'src/core/lazy.ts', imports: '../sandbox/x.ts', allowed: false, lazily: true },
  { file: 'src/app.ts', imports: './sandbox/x.ts', allowed: false },
  { file: 'src/app.ts.test.ts', imports: './sandbox/x.ts', allowed: true },
  { file: 'src/main.ts', imports: './capabilities/deploy/x.ts', allowed: false },
  { file: 'src/main.ts', imports: './sandbox/x.ts', allowed: true },
]

let root: string
let refused: Set<string>

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'kiban-walls-')))
  cpSync('biome.json', join(root, 'biome.json'))
  cpSync('.gitignore', join(root, '.gitignore'))
  const lines = new Map<string, string>()
  for (const { file, imports, lazily } of probes)
    lines.set(file, `${lines.get(file) ?? ''}${lazily ? `await import('${imports}')` : `export * from '${imports}'`}\n`)
  for (const [file, content] of lines) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), content)
  }
  const biome = spawnSync(
    join(process.cwd(), 'node_modules/.bin/biome'),
    ['lint', '--only=style/noRestrictedImports', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github', '.'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1e8 },
  )
  refused = new Set(
    [...biome.stdout.matchAll(/file=([^,]+),line=(\d+)/g)].map(
      ([, file = '', line]) => `${relative(root, resolve(root, file))}:${line}`,
    ),
  )
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

test('the linter ran: it refuses something', () => {
  expect(refused.size).toBeGreaterThan(100)
})

test('every import across a wall is refused, and every allowed one passes', () => {
  const seen = new Map<string, number>()
  const wrong = probes.filter(({ file, allowed }) => {
    const line = (seen.get(file) ?? 0) + 1
    seen.set(file, line)
    return refused.has(`${file}:${line}`) === allowed
  })
  expect(wrong).toEqual([])
})

/** `import … from`, `export … from`, `import()` and `import('…').Type` alike. */
const IMPORT = /\b(?:from|import)\s*\(?\s*(['"])(\.[^'"]+)\1/g

test('no file imports across a wall, wherever its path leads', () => {
  const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(300)
  const crossings = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, , specifier = '']) => crossing(file, specifier) ?? []),
  )
  expect(crossings).toEqual([])
})

test('a wall holds at any depth, and in both directions', () => {
  const relative = probes.filter(({ file, imports }) => imports.startsWith('.') && !file.endsWith('.test.ts'))
  const wrong = [0, 1, 3, 5, 8].flatMap((depth) =>
    relative.filter(({ file, imports, allowed }) => {
      const isRoot = dirname(file) === 'src'
      const deep = isRoot ? file : join(dirname(file), ...Array<string>(depth).fill('deep'), 'probe.ts')
      const path = isRoot ? imports : `${'../'.repeat(depth)}${imports}`
      return (crossing(deep, path) === undefined) !== allowed
    }),
  )
  expect(wrong).toEqual([])
  expect([crossing('src/core/a/b.ts', '../c.ts'), crossing('src/cli/x/y.ts', '../../main.ts')]).toEqual([
    undefined,
    'cli may not import main.ts (script/walls.ts)',
  ])
  expect(crossing('src/core/x.ts', '../../test/support.ts')).toContain('not in src')
  expect(crossing('src/new/x.ts', '../core/x.ts')).toBe('src/new is not in script/walls.ts')
})
