// Values to YAML that a person will read: a comment for a key, short things on one line.
import {
  Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'

const MOST_ON_A_LINE = 2

/** `commentOf` is asked once per key, in the order of the text; entries of lists have the key `*`. */
export function annotatedYaml(
  value: object,
  introduction: string,
  commentOf: (path: readonly string[]) => string | undefined,
): string {
  const document = new Document(value)
  visit(document, {
    Pair(_, pair, ancestors) {
      const path = [...keysOf(ancestors), keyOf(pair)]
      const value = pair.value as Node | null
      const key = pair.key as Scalar
      const comment = commentOf(path)
      if (isCollection(value)) value.flow = fitsOnLine(value, path)
      if (path.length === 1) key.spaceBefore = true
      if (!comment) return
      if (isScalar(value) || (isCollection(value) && value.flow)) value.comment = ` ${comment}`
      else key.commentBefore = ` ${comment}`
    },
  })
  document.commentBefore = introduction.replace(/^/gm, ' ')
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: true })
  return text.replace(/\[ ([^\][]*) \]/g, '[$1]').replace(/\n{3,}/g, '\n\n')
}

/** Lists of plain words, and small maps of variables or within a patch. */
function fitsOnLine(value: YAMLMap | YAMLSeq, path: readonly string[]): boolean {
  if (isSeq(value)) return value.items.every((item) => isScalar(item))
  if (value.items.length === 0) return true
  const isInPatch = path[0] === 'environments' && path.length > 3
  const isPlain = value.items.every((pair) => isScalar(pair.value) && (isInPatch || /^[A-Z][A-Z0-9_]*$/.test(keyOf(pair))))
  return value.items.length <= MOST_ON_A_LINE && isPlain
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key)

function keysOf(ancestors: readonly unknown[]): string[] {
  return ancestors.flatMap((node, index) => {
    if (node !== null && typeof node === 'object' && 'key' in node && 'value' in node) return [keyOf(node as Pair)]
    const parent = ancestors[index - 1]
    const isInList =
      parent !== null && typeof parent === 'object' && 'items' in parent && Array.isArray(parent.items) && !isMap(parent)
    return isInList ? ['*'] : []
  })
}
