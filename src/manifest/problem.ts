import type { Text } from '../core/text.ts'

/** Something to correct, or to know, at one place of a manifest. Lines and columns begin at 1. */
export interface Problem {
  file: string
  line: number
  column: number
  /** Keys and indexes down to the place: `services/web/size`. */
  path: string
  text: Text
  /** What would have been right. */
  nearest?: string
}

/** Worth knowing; nothing is wrong. */
export type Notice = Omit<Problem, 'nearest'>

export type Path = readonly (string | number)[]

export const pathText = (path: Path): string => path.join('/')

/** `kiban.yml:12:5 services/web/size: must be …; did you mean 0.5vCPU/1GB?`, in both languages. */
export function problemLine(problem: Problem | Notice): Text {
  const place = `${problem.file}:${problem.line}:${problem.column}${problem.path ? ` ${problem.path}` : ''}`
  return { en: `${place}: ${problem.text.en}`, ja: `${place}: ${problem.text.ja}` }
}
