import { expect, test } from 'vitest'
import { isFargateSize, nearestFargateSize, Size, sizeText } from './size.ts'

test.each([
  ['0.25vCPU/0.5GB', { cpu: 256, memory: 512 }],
  ['0.5vCPU/1GB', { cpu: 512, memory: 1024 }],
  ['4vCPU/30GB', { cpu: 4096, memory: 30_720 }],
  ['16vCPU/120GB', { cpu: 16_384, memory: 122_880 }],
  ['0.25vCPU/512MB', { cpu: 256, memory: 512 }],
])('%s is a size of Fargate', (text, size) => {
  expect(Size.parse(text)).toEqual(size)
  expect(isFargateSize(size)).toBe(true)
})

test.each([
  ['0.25vCPU/4GB', '0.5vCPU/4GB'],
  ['0.5vCPU/0.5GB', '0.5vCPU/1GB'],
  ['1vCPU/1GB', '1vCPU/2GB'],
  ['8vCPU/18GB', '8vCPU/20GB'],
  ['64vCPU/500GB', '16vCPU/120GB'],
])('%s is none, and %s is the nearest', (text, nearest) => {
  const size = Size.parse(text)
  expect(isFargateSize(size)).toBe(false)
  expect(sizeText(nearestFargateSize(size))).toBe(nearest)
})

test.each([
  ['512/1024', '0.5vCPU/1GB'],
  ['1 vcpu / 2 gb', '1vCPU/2GB'],
  ['1/2', '1vCPU/2GB'],
  ['0vCPU/0GB', undefined],
  ['small', undefined],
])('%s is not how a size is written; %s is', (text, nearest) => {
  const { error } = Size.safeParse(text)
  expect(error?.issues).toEqual([expect.objectContaining({ code: 'custom', params: { text: expect.anything(), nearest } })])
})
