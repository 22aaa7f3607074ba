/**
 * The filter patterns of CloudWatch Logs: terms, JSON conditions and space-delimited fields.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import { AwsError } from '../cloud.ts'
import { jsonPattern } from './json-pattern.ts'
import { PatternError } from './pattern-error.ts'
import { spacePattern } from './space-pattern.ts'
import { termPattern } from './term-pattern.ts'

export type MessageTest = (message: string) => boolean

/** Throws InvalidParameterException when the pattern cannot be read. */
export function filterPattern(text: string): MessageTest {
  const pattern = text.trim()
  try {
    if (pattern.startsWith('{')) return jsonPattern(pattern)
    if (pattern.startsWith('[')) return spacePattern(pattern)
    return termPattern(pattern)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new AwsError('InvalidParameterException', error.message)
  }
}
