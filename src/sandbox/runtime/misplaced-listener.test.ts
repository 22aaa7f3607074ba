import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { misplacedListener } from './misplaced-listener.ts'
import { tcpListeners } from './process-table.ts'

const PORTS = [
  { containerPort: 3000, hostPort: 21_000 },
  { containerPort: 9000, hostPort: 21_001 },
]

function watching(graceMs = 0) {
  let own: number[] = []
  let others: number[] = []
  const check = misplacedListener(PORTS, graceMs, () => ({ all: new Set([...own, ...others]), of: () => own }))
  return (now: number[], elsewhere: number[] = []) => {
    own = now
    others = elsewhere
    return check([1])
  }
}

test('a container that listens elsewhere is told which port it has and which it was given', () => {
  expect(watching()([8080, 9229])).toBe(
    "The container listens on ports 8080, 9229, but the sandbox gave it port 21000 in PORT for its containerPort 3000. On AWS (awsvpc) every task has its own address; the sandbox's processes share one machine, so listen on PORT",
  )
})

test('what listens on any of its ports, or nowhere yet, is left alone', () => {
  const one = watching()
  expect([one([]), one([8080, 21_001]), one([8080])]).toEqual([undefined, undefined, undefined])
})

test('what others listen on is no fault of it', () => {
  expect(watching()([], [8080])).toBeUndefined()
})

test('a container has its grace to come to its own port', async () => {
  const late = watching(100)
  expect(late([8080])).toBeUndefined()
  await wait(120)
  expect(late([8080])).toContain('port 8080')
  const inTime = watching(100)
  expect([inTime([8080]), inTime([8080, 21_000])]).toEqual([undefined, undefined])
  await wait(120)
  expect(inTime([8080, 21_000])).toBeUndefined()
})

test('a container without a mapped port may listen anywhere', () => {
  expect(misplacedListener([], 0, () => ({ all: new Set([8080]), of: () => [8080] }))([1])).toBeUndefined()
})

test.skipIf(process.platform !== 'linux')('a process’s ports are seen by their sockets', async () => {
  const servers = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '::')]
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port).sort((a, b) => a - b)
  const seen = tcpListeners()
  expect([seen?.of([process.pid]), seen?.of([1]).some((port) => ports.includes(port))]).toEqual([ports, false])
  for (const server of servers) server.close()
})
