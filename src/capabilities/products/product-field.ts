import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { products as text } from '../../core/messages/products.ts'
import { about } from '../../core/operation.ts'
import { slug } from './guess.ts'

/**
 * The product of the kiban.yml in the current folder, where none is named; where genova's files stand instead, it is called
 * as the folder is. Faces parse inputs where the caller stands.
 */
export const productField = z
  .string()
  .min(1)
  .optional()
  .meta(about(text.product.en, text.product.ja))
  .transform((named, context) => {
    const found = named ?? productHere()
    if (found !== undefined) return found
    context.addIssue({ code: 'custom', message: text.productMissing.en, params: { text: text.productMissing } })
    return z.NEVER
  })

/** Only this one key, without the weight of the whole manifest: commands that need no more start at once. */
export function productHere(folder = '.'): string | undefined {
  const declared = productIn(join(folder, 'kiban.yml'))
  return declared ?? (genovaIn(join(folder, 'config/deploy.yml')) ? slug(basename(resolve(folder))) : undefined)
}

function productIn(file: string): string | undefined {
  try {
    return /^product:[ \t]*["']?([a-z][a-z0-9-]*)/m.exec(readFileSync(file, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

/** Others have a file of this name; only genova's lists clusters. */
function genovaIn(file: string): boolean {
  try {
    return /^clusters:/m.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}
