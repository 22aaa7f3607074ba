// What a job of GitHub Actions says to its runner: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'

export type Environment = Readonly<Record<string, string | undefined>>

/** The value of an input, without spaces around it; empty when it is not given. */
export const inputOf = (environment: Environment, name: string): string =>
  (environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim()

/** Prints lines that others have written: what would be a command of the runner's is none any more. */
export function print(text: string): void {
  for (const line of text.split(/\r\n|[\n\r]/)) process.stdout.write(`${harmless(line)}\n`)
}

/**
 * The runner looks for `::` behind spaces at the beginning of a line, and for `##[` anywhere in it
 * (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
 */
export const harmless = (line: string): string =>
  line
    .replaceAll(/\p{Cc}/gu, (character) => (character === '\t' ? character : '�'))
    .replaceAll('##[', '## [')
    .replace(/^\s*::/, (colons) => colons.replace('::', ': :'))

/** From now on the runner hides this value in all that is printed. */
export const mask = (secret: string): void => command('add-mask', secret)

/** What is printed until the end of `during` can be folded. */
export async function group<Answer>(title: string, during: () => Answer | Promise<Answer>): Promise<Answer> {
  command('group', title)
  try {
    return await during()
  } finally {
    command('endgroup', '')
  }
}

/** Stands at the job, and at the head of its run. */
export const annotate = (level: 'error' | 'warning' | 'notice', title: string, message: string): void =>
  command(level, message, { title })

function command(name: string, message: string, properties: Record<string, string> = {}): void {
  const all = Object.entries(properties).map(
    ([key, value]) => `${key}=${escaped(value).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
  )
  process.stdout.write(`::${name}${all.length > 0 ? ` ${all.join(',')}` : ''}::${escaped(message)}\n`)
}

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

/** For later steps. The delimiter is chance, so that no value can end itself and go on as another output. */
export function setOutput(environment: Environment, name: string, value: string): void {
  const delimiter = `end-${randomUUID()}`
  if (environment.GITHUB_OUTPUT) appendFileSync(environment.GITHUB_OUTPUT, `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
}

/** Markdown that stands at the run, at most a mebibyte of it. */
export function summarize(environment: Environment, markdown: string): void {
  if (environment.GITHUB_STEP_SUMMARY) appendFileSync(environment.GITHUB_STEP_SUMMARY, `${markdown}\n`)
}

/** Text of others within Markdown: nothing of it is a link, an image, a mention or HTML. */
export const inMarkdown = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replaceAll('@', '@\u200b')
    .replaceAll(/\bhttps?:/g, '$&\u200b')
