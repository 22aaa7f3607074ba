/**
 * kiban's own builder, for the sandbox and for machines without a container engine: chosen by name only, because it
 * runs the repository's commands on this machine as the user, without isolation. It knows the bases `scratch` and
 * `node:…` (an empty one: the process runtime supplies Node) and the instructions that parse in dockerfile.ts.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { KibanError } from '../../core/error.ts'
import { loginName } from '../../core/login-name.ts'
import { images } from '../../core/messages/images.ts'
import { printable } from '../../core/program.ts'
import { BUILD_LABEL, type Build } from '../build.ts'
import { finishLayout, type ImageConfig, type LayoutImage, startLayout } from '../oci-layout.ts'
import { contextSource } from './copy.ts'
import { type Dockerfile, type Problem, parseDockerfile, type Stage } from './dockerfile.ts'
import { parseIgnore } from './ignore.ts'
import { buildStage, declareArgument, instructionText, type StageState, type StageSurroundings } from './stage.ts'
import { expand, expandWords, UnreadableWord } from './variables.ts'

const NODE_BASE =
  /^(?:docker\.io\/)?(?:library\/)?node(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$|^public\.ecr\.aws\/docker\/library\/node(?::[\w.-]+)?$/

export async function buildByProcess(build: Build): Promise<LayoutImage> {
  const { dockerfile, problems } = parseDockerfile(await readFile(build.file, 'utf8'))
  refuse(build, problems)
  const globals = globalArguments(dockerfile, build)
  const chosen = chosenStages(dockerfile, build, globals)
  sayAloud(build, dockerfile, chosen)
  await startLayout(build.layout)
  const state = await buildStages(build, dockerfile, chosen, globals)
  return finishLayout(build.layout, configuration(state, build), state.layers)
}

interface ChosenStage {
  stage: Stage
  number: number
  /** With variables replaced. */
  base: string
  /** The earlier stage that it goes on from. */
  parent: number | undefined
}

/** The stages that the target needs, in their order; whatever cannot be built is refused, all at once. */
function chosenStages({ stages, escape: mark }: Dockerfile, build: Build, globals: Record<string, string>): ChosenStage[] {
  const problems: Problem[] = []
  const numberOf = (name: string, before: number) => {
    const byName = stages.findLastIndex((stage, number) => number < before && stage.name === name.toLowerCase())
    if (byName >= 0) return byName
    return /^\d+$/.test(name) && Number(name) < before ? Number(name) : undefined
  }
  const target = build.target === undefined ? stages.length - 1 : numberOf(build.target, stages.length)
  if (target === undefined) problems.push({ line: 1, text: images.targetUnknown(build.target ?? '') })
  const needed = new Map<number, ChosenStage>()
  const need = (number: number) => {
    const stage = stages[number]
    if (!stage || needed.has(number)) return
    const base = tried(problems, stage.line, () => expand(stage.base, (name) => globals[name], mark))
    if (base === undefined) return
    const parent = /^\d+$/.test(base) ? undefined : numberOf(base, number)
    needed.set(number, { stage, number, base, parent })
    if (parent !== undefined) need(parent)
    else if (base !== 'scratch' && !NODE_BASE.test(base)) problems.push({ line: stage.line, text: images.baseUnsupported(base) })
    for (const { line, name, flags } of stage.instructions) {
      const from = name === 'COPY' ? flags.find((flag) => flag.name === 'from')?.value : undefined
      if (from === undefined) continue
      const source = numberOf(from, number)
      if (source === undefined) problems.push({ line, text: images.stageUnknown(from) })
      else need(source)
    }
  }
  if (target !== undefined) need(target)
  refuse(build, problems)
  return [...needed.values()].sort((a, b) => a.number - b.number)
}

/** Values of the ARGs before the first FROM, after those that every build has. */
function globalArguments({ globals, escape: mark }: Dockerfile, build: Build): Record<string, string> {
  const { os, architecture } = build.platform
  const platform = `${os}/${architecture}`
  const values: Record<string, string> = {}
  for (const side of ['TARGET', 'BUILD']) {
    Object.assign(values, {
      [`${side}PLATFORM`]: platform,
      [`${side}OS`]: os,
      [`${side}ARCH`]: architecture,
      [`${side}VARIANT`]: '',
    })
  }
  const problems: Problem[] = []
  for (const { line, rest } of globals) {
    const words = tried(problems, line, () => expandWords(rest, (name) => values[name], mark)) ?? []
    for (const word of words) declareArgument(word, values, { build, globals: {} })
  }
  refuse(build, problems)
  return values
}

function sayAloud(build: Build, dockerfile: Dockerfile, chosen: ChosenStage[]): void {
  build.progress({ kind: 'note', text: images.processAloud(loginName()) })
  for (const base of new Set(chosen.filter((one) => NODE_BASE.test(one.base)).map((one) => one.base))) {
    build.progress({ kind: 'note', text: images.processNode(base, process.versions.node) })
  }
  const host = process.arch === 'x64' ? 'amd64' : process.arch
  const runs = chosen.some((one) => one.stage.instructions.some(({ name }) => name === 'RUN'))
  const { architecture } = build.platform
  if (runs && architecture !== host) build.progress({ kind: 'note', text: images.otherMachine(host, architecture) })
  const declared = [...dockerfile.globals, ...chosen.flatMap((one) => one.stage.instructions)]
    .filter(({ name }) => name === 'ARG')
    .flatMap(({ rest }) => rest.split(/\s+/).map((word) => word.split('=')[0]))
  const unused = Object.keys(build.args).filter((name) => !declared.includes(name))
  if (unused.length > 0) build.progress({ kind: 'note', text: images.argumentUnused(unused.join(', ')) })
}

async function buildStages(
  build: Build,
  { escape: mark }: Dockerfile,
  chosen: ChosenStage[],
  globals: Record<string, string>,
): Promise<StageState> {
  await mkdir(build.work, { recursive: true })
  const ignore = parseIgnore(
    await readFile(`${build.file}.dockerignore`, 'utf8').catch(() =>
      readFile(`${build.folder}/.dockerignore`, 'utf8').catch(() => ''),
    ),
  )
  const stages = new Map<string, StageState>()
  const of = chosen.reduce((sum, { stage }) => sum + stage.instructions.length, 0)
  let at = 0
  const surroundings: StageSurroundings = {
    build,
    mark,
    context: contextSource(build.folder, ignore),
    stages,
    globals,
    began: (instruction) => build.progress({ kind: 'step', at: ++at, of, line: printable(instructionText(instruction)) }),
  }
  let state: StageState | undefined
  for (const { stage, number, base, parent } of chosen) {
    const from = parent === undefined ? undefined : stages.get(String(parent))
    state = await buildStage(stage, from, surroundings, number)
    if (!from && base !== 'scratch' && !state.cmd && !state.entrypoint) state.cmd = ['node']
    stages.set(String(number), state)
    if (stage.name) stages.set(stage.name, state)
  }
  if (!state) throw new Error('A Dockerfile without a stage was not refused')
  return state
}

function configuration(state: StageState, build: Build): ImageConfig {
  const exposed = [...new Set(state.exposed)].sort()
  return {
    created: new Date(build.sourceDateEpoch * 1000).toISOString(),
    architecture: build.platform.architecture,
    os: build.platform.os,
    config: {
      User: state.user,
      ExposedPorts: exposed.length > 0 ? Object.fromEntries(exposed.map((port) => [port, {}])) : undefined,
      Env: Object.entries(state.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: state.entrypoint,
      Cmd: state.cmd,
      WorkingDir: state.workdir,
      Labels: Object.fromEntries(
        Object.entries({ ...build.labels, [BUILD_LABEL]: 'process' }).sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
      StopSignal: state.stopSignal,
    },
    rootfs: { type: 'layers', diff_ids: state.layers.map((layer) => layer.diffId) },
    history: state.history,
  }
}

function tried<T>(problems: Problem[], line: number, work: () => T): T | undefined {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof UnreadableWord)) throw cause
    problems.push({ line, text: cause.text })
    return undefined
  }
}

function refuse(build: Build, problems: Problem[]): void {
  if (problems.length === 0) return
  const details = [...problems]
    .sort((a, b) => a.line - b.line)
    .map(({ line, text }) => images.problem(`${build.name}:${line}`, text))
  throw new KibanError('invalid', 'build.dockerfile', images.dockerfileInvalid(build.name, problems.length), { details })
}
