// `[ip, user, ..., request = *.html*, status = 4* || status = 5*, bytes > 1000]`
import { type Condition, condition, invalid } from './condition.ts'
import type { MessageTest } from './filter-pattern.ts'
import { compares } from './pattern-value.ts'

type FieldTest = (field: string) => boolean

const FIELD = /"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)/g

/** Quoted text and text in brackets is one field. Without `...` the number of fields must be the same. */
export function spacePattern(pattern: string): MessageTest {
  if (!pattern.endsWith(']')) throw invalid()
  const columns = split(pattern.slice(1, -1))
  const ellipses = columns.filter((column) => column === '...').length
  if (ellipses > 1) throw invalid()
  const open = columns.indexOf('...')
  const tests = columns.filter((column) => column !== '...').map(columnTest)
  return (message) => {
    const fields = Array.from(message.matchAll(FIELD), ([, quoted, bracketed, bare]) => quoted ?? bracketed ?? bare ?? '')
    if (open < 0 ? fields.length !== tests.length : fields.length < tests.length) return false
    const shift = fields.length - tests.length
    return tests.every((passes, index) => passes(fields[open >= 0 && index >= open ? index + shift : index] ?? ''))
  }
}

/** Cut at commas outside of quotes, regular expressions and parentheses. */
function split(text: string): string[] {
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"|%[^%]*%|[^,"%])+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function columnTest(column: string): FieldTest {
  if (/^\w+$/.test(column)) return () => true
  return compiled(condition(column))
}

function compiled(node: Condition): FieldTest {
  if (node.kind === 'and' || node.kind === 'or') {
    const [left, right] = [compiled(node.left), compiled(node.right)]
    return node.kind === 'and' ? (field) => left(field) && right(field) : (field) => left(field) || right(field)
  }
  if (node.kind !== 'compare') throw invalid()
  return (field) => compares(field, node.operator, node.value)
}
