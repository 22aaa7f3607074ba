import { expect, test } from 'vitest'
import { declared } from '../src/app.ts'

test('an input that stands in a path always has a value', () => {
  const missing = declared().flatMap(({ name, http, input }) =>
    [...http.path.matchAll(/\{(\w+)\}/g)]
      .filter(([, field = '']) => {
        const left = input.shape[field]?.safeParse(undefined)
        return left?.success && left.data === undefined
      })
      .map(([, field]) => `${name} ${field}`),
  )
  expect(missing).toEqual([])
})
