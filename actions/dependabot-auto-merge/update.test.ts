import { expect, test } from 'vitest'
import { ecosystemOf, updatesIn } from './update.ts'

const message = (lines: string) => `Bump things

Bumps [lodash](https://github.com/lodash/lodash) from 4.17.20 to 4.17.21.

---
updated-dependencies:
${lines}
...

Signed-off-by: dependabot[bot] <support@github.com>`

test('each update of a group is read with its level', () => {
  const group = `- dependency-name: "@types/node"
  dependency-version: 20.1.0
  dependency-type: direct:development
  update-type: version-update:semver-minor
  dependency-group: dev
- dependency-name: lodash
  dependency-type: direct:production
  update-type: version-update:semver-patch
  dependency-group: dev`
  expect(updatesIn(message(group))).toEqual([
    { name: '@types/node', level: 'minor' },
    { name: 'lodash', level: 'patch' },
  ])
})

test('a level that is not told, or not known, counts as major', () => {
  expect(updatesIn(message('- dependency-name: a\n- dependency-name: b\n  update-type: version-update:semver-tiny'))).toEqual([
    { name: 'a', level: 'major' },
    { name: 'b', level: 'major' },
  ])
})

test('where anything else stands, or it stands twice, nothing is told', () => {
  const good = '- dependency-name: a\n  update-type: version-update:semver-patch'
  for (const text of [
    'Bump a',
    message(`${good}\n  update-type: version-update:semver-patch`),
    message('- dependency-name: a\n  <<: *patch'),
    message('dependency-name: a'),
    `${message(good)}\n${message(good)}`,
  ])
    expect(updatesIn(text)).toEqual([])
})

test('the ecosystem is that of the branch, whatever joins its parts', () => {
  expect(
    ['dependabot/npm_and_yarn/lodash-4.17.21', 'dependabot-github_actions-actions-checkout-5', 'main', 'x/dependabot/npm/y'].map(
      ecosystemOf,
    ),
  ).toEqual(['npm_and_yarn', 'github_actions', undefined, undefined])
})
