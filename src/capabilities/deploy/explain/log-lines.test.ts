import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listeningPorts, shownLine, tellingLine, tellingWords } from './log-lines.ts'

describe('a line that is shown', () => {
  test.each([
    ['\u001b[31mError\u001b[0m: \u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'Error: link'],
    ['a\u001b[2Kb\u0007\u0000c', 'abc'],
    ['x\u202egnp.exe', 'xgnp.exe'],
    ['tab\there\r\n', 'tab    here'],
  ])('holds no escape sequence and no control character: %j', (raw, shown) => expect(shownLine(raw)).toBe(shown))

  test.each([
    ['connecting to postgres://shop:hunter2@db:5432/shop', 'connecting to postgres://shop:•••@db:5432/shop'],
    ['{"password":"hunter2","user":"shop"}', '{"password":"•••","user":"shop"}'],
    ['DATABASE_PASSWORD=hunter2 LOG_LEVEL=info', 'DATABASE_PASSWORD=••• LOG_LEVEL=info'],
    ['Authorization: Bearer abc.def.ghi', 'Authorization: Bearer •••'],
    ['key AKIAIOSFODNN7EXAMPLE is not known', 'key ••• is not known'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'jwt •••'],
    ['apiKey: "hunter2"', 'apiKey: "•••"'],
  ])('masks what looks like a secret: %s', (raw, shown) => expect(shownLine(raw)).toBe(shown))

  test.each(['listening on port 3000', 'no such table: tokens', 'GET /passwords/new 404'])('stays as it is: %s', (line) =>
    expect(shownLine(line)).toBe(line),
  )

  test('is never longer than a line, whatever was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (raw) => {
        const shown = shownLine(raw)
        expect(shown.length).toBeLessThanOrEqual(400)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
      }),
    )
  })

  test('may be of any length', () => {
    expect(shownLine(`token=${'x'.repeat(100_000)}`)).toBe('token=•••')
    expect(shownLine('a'.repeat(100_000))).toBe(`${'a'.repeat(399)}…`)
  })
})

describe('the telling line', () => {
  test.each([
    [['ready', '/app/main.js:3', 'x.y.z', "TypeError: Cannot read 'y'", '    at main.js:3:1'], "TypeError: Cannot read 'y'"],
    [
      ['Traceback (most recent call last):', '  File "app.py", line 1, in <module>', "ModuleNotFoundError: No module named 'x'"],
      "ModuleNotFoundError: No module named 'x'",
    ],
    [
      ['Exception in thread "main" java.lang.IllegalStateException: no port', '\tat shop.Main.main(Main.java:7)'],
      'Exception in thread "main" java.lang.IllegalStateException: no port',
    ],
    [['panic: runtime error: index out of range [1]', 'goroutine 1 [running]:'], 'panic: runtime error: index out of range [1]'],
    [
      ['{"level":"error","message":"migration failed"}', '{"level":"info","message":"bye"}'],
      '{"level":"error","message":"migration failed"}',
    ],
    [['one', 'two', ''], 'two'],
    [[], ''],
  ])('of %j is %j', (lines, line) => expect(tellingLine(lines)).toBe(line))
})

describe('the words of the telling line', () => {
  test.each([
    ['TypeError: x is not a function', 'TypeError: x is not a function'],
    ['{"time":"2026-01-01T00:00:00Z","level":"error","message":"no such column: isbn"}', 'no such column: isbn'],
    ['{"level":"error","message":"migration failed","error":"no such column: isbn"}', 'migration failed: no such column: isbn'],
    ['{"level":50,"err":{"type":"Error","message":"boom","stack":"Error: boom"},"msg":"boom"}', 'boom'],
    ['{"level":50,"err":{"type":"Error","message":"boom"},"msg":"request failed"}', 'request failed: boom'],
    ['{"level":"error","@mt":"two\\nlines"}', 'two'],
    ['{"level":"error","error":"no connection"}', 'no connection'],
    ['{"level":"error","message":"cut off","stack":"Error: cut off at …', 'cut off'],
    ['{"message":"no \\escape","x":…', '{"message":"no \\escape","x":…'],
    ['{"level":"error","code":7}', '{"level":"error","code":7}'],
    ['{"level":"error","message":"\\u001b[31mred\\u001b[0m password=hunter2"}', 'red password=•••'],
  ])('of %s are %s', (line, words) => expect(tellingWords(['ready', line])).toBe(words))
})

describe('listening', () => {
  test.each([
    ['Listening on http://0.0.0.0:8080', ['8080']],
    ['{"message":"listening","port":3000}', ['3000']],
    ['INFO:     Uvicorn running on http://127.0.0.1:8000 (server started)', ['8000']],
    ['* Listening on tcp://0.0.0.0:9292', ['9292']],
    ['Server listening at http://[::]:4000', ['4000']],
    // The system's choice, not the program's.
    ['listening on port 43121', []],
  ])('%s', (line, ports) => expect(listeningPorts(['booting', line])).toEqual({ says: true, ports }))

  test('that nobody speaks of is not made up', () => {
    expect(listeningPorts(['connected to 10.0.0.1:5432', 'ready'])).toEqual({ says: false, ports: [] })
  })
})
