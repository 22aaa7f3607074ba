// A step of a job of GitHub Actions: an action's process with the environment and the files that its runner gives it.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Step {
  process: ChildProcess
  /** What it has printed so far, on both. */
  output(): string
  /** Resolves once it has printed that. */
  says(words: string): Promise<void>
  ended: Promise<{ code: number | null; output: string; outputs: Record<string, string>; summary: string }>
}

/** Runs `actions/NAME`; its inputs are checked against its `action.yml`, and the defaults are taken from there. */
export async function step(name: string, inputs: Record<string, string>, env: Record<string, string>): Promise<Step> {
  const folder = await mkdtemp(join(tmpdir(), 'kiban-step-'))
  const action = parse(await readFile(join(ROOT, 'actions', name, 'action.yml'), 'utf8')) as Action
  const unknown = Object.keys(inputs).filter((input) => !(input in action.inputs))
  if (unknown.length > 0) throw new Error(`${name} has no input ${unknown.join(', ')}`)
  const values = Object.entries(action.inputs).map(([input, { default: usual = '' }]) => [
    `INPUT_${input.toUpperCase()}`,
    inputs[input] ?? String(usual),
  ])
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') }
  for (const file of Object.values(files)) await writeFile(file, '')
  const child = spawn(process.execPath, [join(ROOT, 'actions', name, action.runs.main)], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...Object.fromEntries(values), ...files, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const looking = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const look of looking) look()
    })
  const closed = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const ended = closed.then(async (code) => {
    const [outputs, summary] = [await readFile(files.GITHUB_OUTPUT, 'utf8'), await readFile(files.GITHUB_STEP_SUMMARY, 'utf8')]
    await rm(folder, { recursive: true, force: true })
    return { code, output, outputs: outputsIn(outputs), summary }
  })
  return {
    process: child,
    output: () => output,
    says: (words) =>
      new Promise((resolve, reject) => {
        const look = () => output.includes(words) && looking.delete(look) && resolve()
        looking.add(look)
        look()
        closed.then(() => looking.has(look) && reject(new Error(`${name} never said ${words}:\n${output}`)))
      }),
    ended,
  }
}

interface Action {
  inputs: Record<string, { default?: string; required: boolean; description: string }>
  outputs: Record<string, { description: string }>
  runs: { main: string; using: string }
}

/** As the runner reads them: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings */
function outputsIn(text: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; ) {
    const [, name, delimiter] = /^([\w-]+)<<(.+)$/.exec(lines[at++] ?? '') ?? []
    if (!name || !delimiter) continue
    const end = lines.indexOf(delimiter, at)
    outputs[name] = lines.slice(at, end).join('\n')
    at = end + 1
  }
  return outputs
}
