// Text to manifest: every problem at once, each with its place.
import { KibanError } from '../core/error.ts'
import { manifestErrors, yaml as yamlWords } from '../core/messages/manifest.ts'
import { findings, noticesOf } from './checks.ts'
import { problemsOf, valueAt } from './issues.ts'
import { Manifest } from './manifest.ts'
import { type Notice, type Path, type Problem, pathText, problemLine } from './problem.ts'
import { yamlDocument } from './yaml-document.ts'

export const MANIFEST_FILE = 'kiban.yml'

export interface Loaded {
  /** Undefined when there is any problem. */
  manifest: Manifest | undefined
  problems: Problem[]
  notices: Notice[]
}

/** Reads a manifest. `file` is what problems call it. Never throws. */
export function loadManifest(text: string, file: string = MANIFEST_FILE): Loaded {
  const document = yamlDocument(text)
  const problems: Problem[] = document.problems.map(({ path, ...rest }) => ({ file, path: pathText(path), ...rest }))
  const only = (): Loaded => ({ manifest: undefined, problems: sorted(problems), notices: [] })
  if (document.value === undefined) return only()
  if (document.value === null || typeof document.value !== 'object' || Array.isArray(document.value)) {
    problems.push({ file, line: 1, column: 1, path: '', text: document.value === null ? yamlWords.empty : yamlWords.notMap })
    return only()
  }

  const parsed = Manifest.safeParse(document.value)
  const wrong = parsed.success ? [] : problemsOf(parsed.error.issues, document.value, Manifest)
  const readable = parsed.success
    ? parsed.data
    : withoutWrong(
        document.value,
        wrong.map(({ prune }) => prune),
      )
  const unfit = readable ? findings(readable, document.value) : []
  for (const { path, at, text, nearest } of [...wrong, ...unfit]) {
    problems.push({ file, ...document.place(path, at), path: pathText(path), text, nearest })
  }
  const notices = (readable ? noticesOf(readable) : []).map(({ path, at, text }) => ({
    file,
    ...document.place(path, at),
    path: pathText(path),
    text,
  }))
  return {
    manifest: problems.length === 0 && parsed.success ? parsed.data : undefined,
    problems: sorted(problems),
    notices: sorted(notices),
  }
}

/** The manifest, or a `manifest.invalid` error whose details are all its problems. */
export function readManifest(text: string, file: string = MANIFEST_FILE): { manifest: Manifest; notices: Notice[] } {
  const { manifest, problems, notices } = loadManifest(text, file)
  if (manifest) return { manifest, notices }
  throw new KibanError('invalid', 'manifest.invalid', manifestErrors.invalid(file, problems.length), {
    details: problems.map(problemLine),
    hint: manifestErrors.invalidHint,
  })
}

const MOST_ROUNDS = 8

/** What is left when wrong values are taken out, so that the rest can be checked as a whole; undefined when that is nothing. */
function withoutWrong(value: object, wrong: Path[]): Manifest | undefined {
  let rest: unknown = { product: 'product', services: {}, ...value }
  let prune = wrong
  for (let round = 0; round < MOST_ROUNDS; round++) {
    rest = without(rest, new Set(prune.filter((path) => path.length > 0).map((path) => JSON.stringify(upToList(rest, path)))))
    rest = { product: 'product', services: {}, ...(rest as object) }
    const parsed = Manifest.safeParse(rest)
    if (parsed.success) return parsed.data
    prune = problemsOf(parsed.error.issues, rest, Manifest).map((problem) => problem.prune)
  }
  return undefined
}

/** A list that loses an entry is taken out whole: the indexes of the others would point to the wrong places. */
function upToList(root: unknown, path: Path): Path {
  const parent = path.slice(0, -1)
  return Array.isArray(valueAt(root, parent)) ? upToList(root, parent) : path
}

function without(value: unknown, prune: ReadonlySet<string>, path: Path = []): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((inner, index) => without(inner, prune, [...path, index]))
  const kept = Object.entries(value).filter(([key]) => !prune.has(JSON.stringify([...path, key])))
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, prune, [...path, key])]))
}

function sorted<Placed extends { line: number; column: number }>(placed: Placed[]): Placed[] {
  return placed.sort((a, b) => a.line - b.line || a.column - b.column)
}
