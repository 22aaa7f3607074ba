import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseDockerfile } from '../../src/images/process/dockerfile.ts'

const text = readFileSync('Dockerfile', 'utf8')
const { dockerfile, problems } = parseDockerfile(text)

test('the image has the Node that package.json pins', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }
  expect(dockerfile.globals.map(({ rest }) => rest)).toEqual([`NODE=node:${dependencies.node}-slim`])
  expect(dockerfile.stages).toHaveLength(3)
  expect(new Set(dockerfile.stages.map(({ base }) => base)).size).toBe(1)
})

test('the image runs as a user without rights, and every instruction is one that is known', () => {
  const last = dockerfile.stages.at(-1)?.instructions ?? []
  expect(last.filter(({ name }) => name === 'USER').map(({ rest }) => rest)).toEqual(['node'])
  expect(last.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(last.findLastIndex(({ name }) => name === 'RUN'))
  const lines = text.split('\n').flatMap((line, at) => (/^(VOLUME|HEALTHCHECK)/.test(line) ? at + 1 : []))
  // The process builder has no volumes and no health checks; everything else it reads.
  expect(problems.map(({ line }) => line)).toEqual(lines)
})
