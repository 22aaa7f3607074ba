import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { imageCache } from './image-cache.ts'
import { type Bench, bench } from './runtime-for-tests.ts'

let shop: Bench
let folder: string
beforeEach(() => {
  shop = bench()
  folder = join(shop.cloud.folder, 'images')
})
afterEach(() => shop.cloud.close())

test('an image is unpacked once, however many ask for it at a time', async () => {
  const image = await shop.image('app', { 'app/main.js': 'x' })
  const cache = imageCache(folder)
  const [first, second] = await Promise.all([cache.tree(image), cache.tree(image)])
  const { ino } = await stat(first)
  expect([second, (await stat(await imageCache(folder).tree(image))).ino, readdirSync(folder).length]).toEqual([first, ino, 1])
})

test('images of one index for two architectures are kept apart', async () => {
  const image = await shop.image('app', { 'app/main.js': 'x' })
  const cache = imageCache(folder)
  expect(await cache.tree(image)).not.toBe(await cache.tree({ ...image, config: { ...image.config, architecture: 'arm64' } }))
})

test('a copy may be written to without changing the image', async () => {
  const image = await shop.image('app', { 'app/main.js': 'as built' })
  const cache = imageCache(folder)
  const copy = join(shop.cloud.folder, 'copy')
  await cache.copy(image, copy)
  writeFileSync(join(copy, 'app/main.js'), 'changed')
  expect(readFileSync(join(await cache.tree(image), 'app/main.js'), 'utf8')).toBe('as built')
})

test('an image that cannot be unpacked leaves nothing, and is tried again', async () => {
  const image = await shop.image('app', { 'app/main.js': 'x' })
  const [layer] = image.layers
  const cache = imageCache(folder)
  const broken = { ...image, layers: [{ ...layer, path: `${layer?.path}.gone` } as (typeof image.layers)[0]] }
  await expect(cache.tree(broken)).rejects.toThrow('ENOENT')
  expect(readdirSync(folder)).toEqual([])
  expect(readdirSync(await cache.tree(image))).toEqual(['app'])
})
