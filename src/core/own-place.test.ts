import { expect, test } from 'vitest'
import { ownPlace } from './own-place.ts'

test('only a place of our own is gone to', () => {
  expect(['/p/shop/logs?tail=1#x', '/', '/a//b'].map(ownPlace)).toEqual(['/p/shop/logs?tail=1#x', '/', '/a//b'])
  const others = [
    undefined,
    '',
    'p',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    'javascript:alert(1)',
    '/..//evil.example',
  ]
  expect(others.map(ownPlace).filter((place) => /^\/[/\\]|evil\.example/.test(place.replace(/^\/evil\.example$/, '')))).toEqual(
    [],
  )
})
