import { expect, test } from 'vitest'
import { recordOf } from './log-line.ts'
import { showLine } from './show.ts'

const line = (message: string) => {
  const record = recordOf(message)
  return { at: 0, service: 'web', container: 'web', task: '0b6c1f42', message, ...(record ? { record } : {}), id: '1' }
}

const textOf = (message: string): string[] =>
  (showLine(line(message)).lines ?? []).map((block) => {
    if (block.kind !== 'line') throw new Error(block.kind)
    return [block.line]
      .flat()
      .map((span) => (typeof span === 'string' ? span : 'text' in span ? span.text : ''))
      .join('')
  })

test('JSON in the usual shape is shown as level, message and fields', () => {
  expect(textOf('{"time":"2026-01-01T00:00:00Z","level":"warn","message":"slow","ms":812,"query":"select 1","ok":true}')).toEqual(
    ['  web/0b6c1f  warn  slow  ms=812  query="select 1"  ok=true'],
  )
  expect(textOf('{"severity":"ERROR","msg":"failed"}')).toEqual(['  web/0b6c1f  error failed'])
  expect(textOf('{"level":30,"msg":"hello"}')).toEqual(['  web/0b6c1f  info  hello'])
})

test('a stack stands below its message', () => {
  expect(textOf(JSON.stringify({ level: 'error', message: 'failed', stack: 'Error: failed\n    at here', code: 7 }))).toEqual([
    '  web/0b6c1f  error failed  code=7',
    'Error: failed',
    '    at here',
  ])
})

test('every other line is kept as it was written', () => {
  expect(textOf('* Listening on http://0.0.0.0:3000')).toEqual(['  web/0b6c1f  * Listening on http://0.0.0.0:3000'])
  expect(textOf('{not JSON}')).toEqual(['  web/0b6c1f  {not JSON}'])
  expect(textOf('{"level":"info"}')).toEqual(['  web/0b6c1f  {"level":"info"}'])
  expect(textOf('[1,2]')).toEqual(['  web/0b6c1f  [1,2]'])
})

test('a container beside the service says its own name', () => {
  const [block] = showLine({ ...line('hello'), container: 'proxy' }).lines ?? []
  expect(JSON.stringify(block)).toContain('web.proxy/0b6c1f')
})
