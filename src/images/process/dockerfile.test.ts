// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles name variables so
import { expect, test } from 'vitest'
import { jsonForm, parseDockerfile } from './dockerfile.ts'

test('stages, flags, comments and continued lines are read with the line on which each instruction begins', () => {
  const { dockerfile, problems } = parseDockerfile(
    [
      '# syntax=docker/dockerfile:1',
      'ARG VERSION=24',
      'from node:${VERSION} AS Build',
      '',
      'RUN npm ci && \\',
      '    # not this',
      '',
      '    npm test',
      'COPY --from=0 --chown=1000:1000 ["a b", "/c"]',
      'FROM scratch',
      'CMD ["/serve"]',
    ].join('\r\n'),
  )
  expect(problems).toEqual([])
  expect(dockerfile).toEqual({
    escape: '\\',
    globals: [{ line: 2, name: 'ARG', flags: [], rest: 'VERSION=24' }],
    stages: [
      {
        line: 3,
        base: 'node:${VERSION}',
        name: 'build',
        instructions: [
          { line: 5, name: 'RUN', flags: [], rest: 'npm ci &&     npm test' },
          {
            line: 9,
            name: 'COPY',
            flags: [
              { name: 'from', value: '0' },
              { name: 'chown', value: '1000:1000' },
            ],
            rest: '["a b", "/c"]',
          },
        ],
      },
      { line: 10, base: 'scratch', name: undefined, instructions: [{ line: 11, name: 'CMD', flags: [], rest: '["/serve"]' }] },
    ],
  })
})

test('the escape directive makes the backtick join lines, and leaves backslashes alone', () => {
  const { dockerfile } = parseDockerfile('# escape=`\nFROM scratch\nCOPY a\\ `\n b /\n')
  expect(dockerfile.stages[0]?.instructions).toEqual([{ line: 3, name: 'COPY', flags: [], rest: 'a\\  b /' }])
})

test('everything that the builder does not do is found at once, each with its line', () => {
  const { problems } = parseDockerfile(
    [
      'WORKDIR /early',
      'FROM scratch',
      'ADD https://example.com/x /x',
      'RUNN true',
      'RUN --mount=type=cache,target=/c npm ci',
      'COPY <<EOF /a',
      'COPY one',
      'HEALTHCHECK CMD true',
      'COPY --parents a /b',
      'CMD',
    ].join('\n'),
  )
  expect(problems.map(({ line, text }) => `${line} ${text.en}`)).toEqual([
    '1 WORKDIR stands before the first FROM',
    '3 the process builder does not know ADD; build with docker, podman or buildah',
    '4 RUNN is no instruction; did you mean RUN?',
    '5 the process builder does not know RUN --mount',
    '6 the process builder does not know here-documents (COPY <<…)',
    '7 COPY needs <source> <destination>',
    '8 the process builder does not know HEALTHCHECK; build with docker, podman or buildah',
    '9 the process builder does not know COPY --parents',
    '10 CMD needs an argument',
  ])
})

test.each(['', '# only a comment\n'])('a file without FROM has a problem: %j', (text) => {
  expect(parseDockerfile(text).problems.map((problem) => problem.text.en)).toEqual(['the Dockerfile has no FROM'])
})

test.each([
  ['["a", "b c"]', ['a', 'b c']],
  ['[]', []],
  ['[ -f x ] && true', undefined],
  ['["a", 1]', undefined],
  ['npm ci', undefined],
])('the JSON form of %s', (rest, words) => {
  expect(jsonForm(rest)).toEqual(words)
})
