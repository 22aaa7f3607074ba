/**
 * Reads a Dockerfile (https://docs.docker.com/reference/dockerfile/) as far as the process builder goes, and finds
 * everything that it cannot do, all at once with lines, before anything is run.
 */
import { images } from '../../core/messages/images.ts'
import type { Text } from '../../core/text.ts'

export const INSTRUCTIONS = [
  'FROM',
  'ARG',
  'ENV',
  'WORKDIR',
  'COPY',
  'RUN',
  'USER',
  'EXPOSE',
  'CMD',
  'ENTRYPOINT',
  'STOPSIGNAL',
] as const
export type InstructionName = (typeof INSTRUCTIONS)[number]
const UNSUPPORTED = ['ADD', 'HEALTHCHECK', 'LABEL', 'MAINTAINER', 'ONBUILD', 'SHELL', 'VOLUME']
const FLAGS: Partial<Record<InstructionName, string[]>> = { FROM: ['platform'], COPY: ['from', 'chown', 'chmod', 'link'] }

export interface Instruction {
  /** Counted from 1, the line on which it begins. */
  line: number
  name: InstructionName
  flags: { name: string; value: string | undefined }[]
  /** What follows the name and the flags, its lines joined. */
  rest: string
}

export interface Stage {
  line: number
  /** As FROM has it, variables not yet replaced. */
  base: string
  name: string | undefined
  instructions: Instruction[]
}

export interface Dockerfile {
  escape: '\\' | '`'
  /** ARGs before the first FROM. */
  globals: Instruction[]
  stages: Stage[]
}

export interface Problem {
  line: number
  text: Text
}

export function parseDockerfile(text: string): { dockerfile: Dockerfile; problems: Problem[] } {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const dockerfile: Dockerfile = { escape: escapeDirective(lines), globals: [], stages: [] }
  const problems: Problem[] = []
  for (const { line, text } of logicalLines(lines, dockerfile.escape)) {
    const instruction = parseInstruction(line, text, problems)
    if (instruction) place(instruction, dockerfile, problems)
  }
  if (dockerfile.stages.length === 0 && problems.length === 0) problems.push({ line: 1, text: images.dockerfileEmpty })
  return { dockerfile, problems }
}

/** CMD, ENTRYPOINT, RUN and COPY may be a JSON array of strings; undefined for the shell form. */
export function jsonForm(rest: string): string[] | undefined {
  if (!rest.startsWith('[')) return undefined
  try {
    const words: unknown = JSON.parse(rest)
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined
  } catch {
    return undefined
  }
}

/** Directives stand before anything else, each once. */
function escapeDirective(lines: string[]): '\\' | '`' {
  for (const line of lines) {
    const directive = /^\s*#\s*(\w+)\s*=\s*(\S+)\s*$/.exec(line)
    if (!directive) break
    if (directive[1]?.toLowerCase() === 'escape') return directive[2] === '`' ? '`' : '\\'
  }
  return '\\'
}

/** Instructions with their continued lines joined; comments and empty lines fall out, also between continued lines. */
function* logicalLines(lines: string[], mark: string): Generator<{ line: number; text: string }> {
  const continued = new RegExp(`${mark === '`' ? '`' : '\\\\'}[ \\t]*$`)
  let open: { line: number; text: string } | undefined
  for (const [index, line] of lines.entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const goesOn = continued.test(line)
    const text = goesOn ? line.replace(continued, '') : line
    open = { line: open?.line ?? index + 1, text: (open?.text ?? '') + text }
    if (goesOn) continue
    yield open
    open = undefined
  }
  if (open) yield open
}

function parseInstruction(line: number, text: string, problems: Problem[]): Instruction | undefined {
  const [, word = '', after = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(text) ?? []
  const name = INSTRUCTIONS.find((one) => one === word.toUpperCase())
  if (!name) {
    const upper = word.toUpperCase()
    const known = UNSUPPORTED.includes(upper)
    problems.push({ line, text: known ? images.instructionUnsupported(upper) : images.instructionUnknown(word, nearest(upper)) })
    return undefined
  }
  const flags: Instruction['flags'] = []
  let rest = after
  for (let flag = FLAG.exec(rest); flag && takesFlags(name); flag = FLAG.exec(rest)) {
    flags.push({ name: flag[1] ?? '', value: flag[2] })
    rest = rest.slice(flag[0].length)
  }
  for (const flag of flags) {
    if (!FLAGS[name]?.includes(flag.name)) problems.push({ line, text: images.flagUnsupported(name, `--${flag.name}`) })
  }
  if ((name === 'RUN' || name === 'COPY') && HEREDOC.test(rest)) problems.push({ line, text: images.heredocUnsupported(name) })
  const wanted = rest === '' ? 'an argument' : tooFew(name, rest)
  if (wanted) problems.push({ line, text: images.argumentsMissing(name, wanted) })
  return { line, name, flags, rest }
}

const FLAG = /^--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|$)/
const HEREDOC = /(?<![<\w])<<-?["']?[A-Za-z_]/

const takesFlags = (name: InstructionName) => name === 'FROM' || name === 'COPY' || name === 'RUN'

function tooFew(name: InstructionName, rest: string): string | undefined {
  const words = (jsonForm(rest) ?? rest.split(/\s+/)).length
  if (name === 'COPY' && words < 2) return '<source> <destination>'
  if (name === 'FROM' && !/^\S+(\s+as\s+[a-z][\w.-]*)?$/i.test(rest)) return '<image> [AS <name>]'
  if (name === 'ENV' && words < 2 && !rest.includes('=')) return '<name>=<value>'
  return undefined
}

function place(instruction: Instruction, dockerfile: Dockerfile, problems: Problem[]): void {
  const { line, name, rest } = instruction
  const stage = dockerfile.stages.at(-1)
  if (name === 'FROM') {
    const [base = '', , stageName] = rest.split(/\s+/)
    dockerfile.stages.push({ line, base, name: stageName?.toLowerCase(), instructions: [] })
  } else if (stage) stage.instructions.push(instruction)
  else if (name === 'ARG') dockerfile.globals.push(instruction)
  else problems.push({ line, text: images.instructionBeforeFrom(name) })
}

/** The instruction that differs in one letter, or by two neighbours exchanged. */
function nearest(word: string): string | undefined {
  return [...INSTRUCTIONS, ...UNSUPPORTED].find((name) => {
    if (Math.abs(name.length - word.length) > 1) return false
    let start = 0
    while (start < word.length && word[start] === name[start]) start++
    let end = 0
    while (end < word.length - start && end < name.length - start && word.at(-1 - end) === name.at(-1 - end)) end++
    const left = word.slice(start, word.length - end)
    const right = name.slice(start, name.length - end)
    return (left.length <= 1 && right.length <= 1) || left === [...right].reverse().join('')
  })
}
