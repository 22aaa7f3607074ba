// Lists that grow are answered in pages: `next` of an answer is the `cursor` of the next question.
import { z } from 'zod'
import { KibanError } from './error.ts'
import { paging as text } from './messages/paging.ts'
import { about } from './operation.ts'

/** `usual` items unless somebody asks for another number, `most` at once. */
export const pageFields = (usual: number, most = 500) => ({
  limit: z.number().int().min(1).max(most).default(usual).meta(about(text.limit.en, text.limit.ja)),
  cursor: z.string().min(1).max(100).optional().meta(about(text.cursor.en, text.cursor.ja)),
})

export const nextField = {
  /** Absent on the last page. */
  next: z.string().optional(),
}

/** Whoever reads a page asks for one more than `limit`, to know whether another follows. */
export function pageOf<Item>(found: readonly Item[], limit: number, cursorOf: (item: Item) => string) {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next: found.length > limit && last !== undefined ? cursorOf(last) : undefined }
}

export const badCursor = (): KibanError =>
  new KibanError('invalid', 'input.invalid', text.badCursor, { hint: text.badCursorHint })
