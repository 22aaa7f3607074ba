import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { loginName } from './login-name.ts'

test('is the login of whoever runs the process', () => {
  expect(loginName()).toBe(userInfo().username)
})

test.skipIf(process.getuid?.() !== 0)('is the number where the system knows no name', () => {
  const program = `process.setuid(54321); import('${import.meta.resolve('./login-name.ts')}').then((m) => console.log(m.loginName()))`
  expect(execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', program], { encoding: 'utf8' })).toBe(
    'uid 54321\n',
  )
})
