import { describe, expect, test } from 'vitest'
import { filterPattern } from './filter-pattern.ts'

function expectMatches(cases: [pattern: string, message: string, matches: boolean][]) {
  expect(cases.map(([pattern, message]) => [pattern, message, filterPattern(pattern)(message)])).toEqual(cases)
}

test('an empty pattern matches every message', () => {
  expectMatches([
    ['', 'anything', true],
    ['  ', 'anything', true],
  ])
})

test('terms: all of them, in any order, case counts', () => {
  expectMatches([
    ['ERROR', '[ERROR 400] BAD REQUEST', true],
    ['ERROR', 'error', false],
    ['ERROR REQUEST', 'REQUEST then ERROR', true],
    ['ERROR REQUEST', 'ERROR only', false],
    ['"BAD REQUEST"', 'a BAD REQUEST', true],
    ['"BAD REQUEST"', 'a REQUEST, BAD', false],
    ['"say \\"hi\\""', 'they say "hi" twice', true],
    ['エラー', '致命的なエラーです', true],
  ])
})

test('?term: any of them; -term: none of them', () => {
  expectMatches([
    ['?ERROR ?WARN', 'a WARN here', true],
    ['?ERROR ?WARN', 'an INFO here', false],
    ['ERROR -ARGUMENTS', 'ERROR in code', true],
    ['ERROR -ARGUMENTS', 'ERROR in ARGUMENTS', false],
    ['ERROR -"BAD REQUEST"', 'ERROR: BAD REQUEST', false],
    ['-debug', 'info', true],
    ['?ERROR ?WARN FATAL', 'FATAL', true],
  ])
})

test('%expression%: a regular expression', () => {
  expectMatches([
    ['%AUTHORI[SZ]ED%', 'not AUTHORIZED', true],
    ['%^2\\d\\d%', '204 No Content', true],
    ['%^2\\d\\d%', 'was 204', false],
  ])
})

describe('JSON patterns', () => {
  const event = JSON.stringify({
    level: 'error',
    status: 503,
    ok: false,
    user: null,
    ip: '123.123.4.5',
    'odd.key': 'x',
    requestParameters: { instances: [{ id: 'i-1' }, { id: 'i-2' }] },
  })

  test('compare texts, numbers and wildcards', () => {
    expectMatches([
      ['{ $.level = "error" && $.status >= 500 }', event, true],
      ['{ $.level = "error" && $.status < 500 }', event, false],
      ['{$.level="err*"}', event, true],
      ['{ $.ip = 123.123.* }', event, true],
      ['{ $.ip != 123.123.* }', event, false],
      ['{ $.status = 503 }', event, true],
      ['{ $.status = 5.03e2 }', event, true],
      ['{ $.level = %^err% }', event, true],
      ['{ $.requestParameters.instances[1].id = "i-2" }', event, true],
      ['{ $.requestParameters.instances[*].id = "i-2" }', event, true],
      ['{ $.requestParameters.instances[0].id = "i-2" }', event, false],
      ["{ $.['odd.key'] = x }", event, true],
    ])
  })

  test('know IS and NOT EXISTS', () => {
    expectMatches([
      ['{ $.user IS NULL }', event, true],
      ['{ $.ok IS FALSE }', event, true],
      ['{ $.ok IS TRUE }', event, false],
      ['{ $.nothing NOT EXISTS }', event, true],
      ['{ $.user NOT EXISTS }', event, false],
      ['{ $.nothing = "x" }', event, false],
    ])
  })

  test('bind && before ||, and parentheses before both', () => {
    expectMatches([
      ['{ $.level = "info" && $.status = 1 || $.ok IS FALSE }', event, true],
      ['{ $.level = "info" && ($.status = 1 || $.ok IS FALSE) }', event, false],
      ['{ ($.level = "error") && (($.status = 503) || ($.status = 504)) }', event, true],
    ])
  })

  test('never match a message that is not JSON', () => {
    expectMatches([
      ['{ $.a NOT EXISTS }', 'plain text', false],
      ['{ $.a NOT EXISTS }', '{broken', false],
    ])
  })
})

test('space-delimited patterns compare fields by place', () => {
  const line = '127.0.0.1 - frank [10/Oct/2026:13:55:36 -0700] "GET /index.html HTTP/1.0" 404 1534'
  expectMatches([
    ['[ip, id, user, timestamp, request, status=4*, size]', line, true],
    ['[ip, id, user, timestamp, request, status=5*, size]', line, false],
    ['[ip, id, user = frank, timestamp, request = *.html*, status, size > 1000]', line, true],
    ['[..., status = 404 || status = 410, size]', line, true],
    ['[ip, ..., size < 1000]', line, false],
    ['[ip = %^127%, ...]', line, true],
    ['[ip, id]', line, false],
    ['[a, b, status=5*]', 'x y 503', true],
  ])
})

test.each(['{ $.a = }', '{ a = 1 }', '{ $.a = 1', '[a, b', '[..., a, ...]', 'foo:bar', '"open', '%(a)%', '{ $.a = 1 } x'])(
  'refuses %s',
  (pattern) => {
    expect(() => filterPattern(pattern)).toThrow(expect.objectContaining({ code: 'InvalidParameterException' }))
  },
)
