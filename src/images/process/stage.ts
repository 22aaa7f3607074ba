// One stage of a Dockerfile, carried out: the root's folder, its layers and the configuration that its instructions leave.
import { cp, mkdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { KibanError } from '../../core/error.ts'
import { images } from '../../core/messages/images.ts'
import type { Build } from '../build.ts'
import { keepLayer } from '../oci-layout.ts'
import { type CopySource, copy, stageSource } from './copy.ts'
import { type Instruction, jsonForm, type Stage } from './dockerfile.ts'
import { type Layer, type Owner, type Snapshot, snapshot, writeLayer } from './layer.ts'
import { makeFolder, partsOf } from './place.ts'
import { run } from './run.ts'
import { expand, expandWords, UnreadableWord } from './variables.ts'

/** What images are given when neither they nor their base say it, as other builders do. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Who `node` is in the official Node images, the one user name that is known without a base image. */
const NODE_USER: Owner = { uid: 1000, gid: 1000 }

export interface StageState {
  root: string
  env: Record<string, string>
  args: Record<string, string>
  workdir: string
  user: string | undefined
  cmd: string[] | undefined
  /** Whether this stage said its CMD itself; one of the base was meant for the base's entry point. */
  ownCmd: boolean
  entrypoint: string[] | undefined
  stopSignal: string | undefined
  exposed: string[]
  owners: Map<string, Owner>
  layers: Layer[]
  history: { created: string; created_by: string; empty_layer?: true }[]
  snapshot: Snapshot
}

export interface StageSurroundings {
  build: Build
  mark: string
  context: CopySource
  /** Finished stages by name and number. */
  stages: ReadonlyMap<string, StageState>
  /** Values of the ARGs before the first FROM, and of those that every build has. */
  globals: Record<string, string>
  /** Called as each instruction begins. */
  began: (instruction: Instruction) => void
}

export async function buildStage(
  stage: Stage,
  base: StageState | undefined,
  surroundings: StageSurroundings,
  number: number,
): Promise<StageState> {
  const state = await startStage(join(surroundings.build.work, `stage-${number}`), base)
  for (const instruction of stage.instructions) {
    surroundings.build.signal.throwIfAborted()
    surroundings.began(instruction)
    await carryOut(instruction, state, surroundings).catch((cause: unknown) => {
      throw withPlace(cause, `${surroundings.build.name}:${instruction.line}`)
    })
  }
  return state
}

async function startStage(root: string, base: StageState | undefined): Promise<StageState> {
  if (base) {
    await cp(base.root, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    const owners = new Map(base.owners)
    const { env, exposed, layers, history } = base
    const inherited = { env: { ...env }, exposed: [...exposed], layers: [...layers], history: [...history] }
    return { ...base, ...inherited, root, owners, ownCmd: false, args: {}, snapshot: await snapshot(root, owners) }
  }
  await mkdir(root, { mode: 0o755 })
  return {
    root,
    env: { PATH: DEFAULT_PATH },
    args: {},
    workdir: '/',
    user: undefined,
    cmd: undefined,
    ownCmd: false,
    entrypoint: undefined,
    stopSignal: undefined,
    exposed: [],
    owners: new Map(),
    layers: [],
    history: [],
    snapshot: new Map(),
  }
}

async function carryOut(instruction: Instruction, state: StageState, surroundings: StageSurroundings): Promise<void> {
  const { build, mark } = surroundings
  const { name, rest, line } = instruction
  const where = `${build.name}:${line}`
  const lookup = (variable: string) => state.env[variable] ?? state.args[variable]
  const form = jsonForm(rest)
  switch (name) {
    case 'ARG':
      for (const word of expandWords(rest, lookup, mark)) declareArgument(word, state.args, surroundings)
      break
    case 'ENV':
      Object.assign(state.env, environment(rest, lookup, mark))
      break
    case 'WORKDIR':
      state.workdir = posix.join('/', posix.resolve(state.workdir, expand(rest, lookup, mark)))
      await makeFolder(state.root, state.workdir)
      return keepChange(instruction, state, build)
    case 'COPY':
      await carryOutCopy(instruction, form ?? expandWords(rest, lookup, mark), state, surroundings, lookup)
      return keepChange(instruction, state, build)
    case 'RUN':
      await run(build, {
        where,
        command: form ?? rest,
        root: state.root,
        workdir: state.workdir,
        env: { ...state.args, ...state.env },
      })
      return keepChange(instruction, state, build)
    case 'USER':
      state.user = expand(rest, lookup, mark)
      break
    case 'EXPOSE':
      state.exposed.push(...expandWords(rest, lookup, mark).flatMap(portsOf))
      break
    case 'CMD':
      state.cmd = form ?? ['/bin/sh', '-c', rest]
      state.ownCmd = true
      break
    case 'ENTRYPOINT':
      state.entrypoint = form ?? ['/bin/sh', '-c', rest]
      if (!state.ownCmd) state.cmd = undefined
      break
    case 'STOPSIGNAL':
      state.stopSignal = expand(rest, lookup, mark)
      break
  }
  state.history.push({ ...historyOf(instruction, build), empty_layer: true })
}

/** `ARG name[=default]`: the build's own value, else the default, else that of an ARG before FROM. */
export function declareArgument(
  word: string,
  args: Record<string, string>,
  { build, globals }: { build: Pick<Build, 'args'>; globals: Record<string, string> },
): void {
  const [, name = '', fallback] = /^([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? []
  const value = build.args[name] ?? fallback ?? globals[name]
  if (value !== undefined) args[name] = value
}

/** `ENV a=1 b="2 3"`, or in its old form `ENV a the rest`. */
function environment(rest: string, lookup: (name: string) => string | undefined, mark: string): Record<string, string> {
  const [first = ''] = rest.split(/\s/, 1)
  if (!first.includes('=')) return { [first]: expand(rest.slice(first.length).trim(), lookup, mark) }
  const words = expandWords(rest, lookup, mark).map((word) => {
    const at = word.indexOf('=')
    if (at < 1) throw new UnreadableWord(images.argumentsMissing('ENV', '<name>=<value>'))
    return [word.slice(0, at), word.slice(at + 1)]
  })
  return Object.fromEntries(words)
}

/** `80`, `80/udp`, `3000-3002`. */
function portsOf(word: string): string[] {
  const [, from, to, protocol = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp))?$/i.exec(word) ?? []
  const [first, last] = [Number(from), Number(to ?? from)]
  if (!(first >= 1 && last <= 65_535 && first <= last)) throw new UnreadableWord(images.portUnreadable(word))
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol.toLowerCase()}`)
}

async function carryOutCopy(
  { flags, line }: Instruction,
  words: string[],
  state: StageState,
  { build, mark, context, stages }: StageSurroundings,
  lookup: (name: string) => string | undefined,
): Promise<void> {
  const flag = (name: string) => {
    const value = flags.findLast((one) => one.name === name)?.value
    return value === undefined ? undefined : expand(value, lookup, mark)
  }
  const from = flag('from')
  const stage = from === undefined ? undefined : stages.get(from.toLowerCase())
  if (from !== undefined && !stage) throw new UnreadableWord(images.stageUnknown(from))
  const destination = words.at(-1) ?? '.'
  const isFolder = /(^|\/)\.{0,2}$/.test(destination)
  const absolute = posix.join('/', posix.resolve(state.workdir, destination))
  const mode = flag('chmod')
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode))
    throw new UnreadableWord(images.flagUnsupported('COPY', `--chmod=${mode}`))
  const owner = ownerOf(flag('chown'), `${build.name}:${line}`, build)
  await copy({
    source: stage ? stageSource(stage.root) : context,
    patterns: words.slice(0, -1),
    destination: isFolder && absolute !== '/' ? `${absolute}/` : absolute,
    root: state.root,
    mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
    wrote(path) {
      const key = partsOf(path).join('/')
      if (owner) state.owners.set(key, owner)
      else state.owners.delete(key)
    },
  })
}

function ownerOf(chown: string | undefined, where: string, build: Build): Owner | undefined {
  if (chown === undefined) return undefined
  const [user = '', group = user] = chown.split(':')
  const id = (name: string, node: number) =>
    name === 'node' ? node : name === 'root' ? 0 : /^\d+$/.test(name) ? Number(name) : undefined
  const uid = id(user, NODE_USER.uid)
  const gid = id(group, NODE_USER.gid)
  if (uid !== undefined && gid !== undefined) return { uid, gid }
  build.progress({ kind: 'note', text: images.chownIgnored(where, chown) })
  return undefined
}

/** Writes what the instruction changed as a layer. */
async function keepChange(instruction: Instruction, state: StageState, build: Build): Promise<void> {
  const after = await snapshot(state.root, state.owners)
  const file = join(build.work, 'layer')
  const mtime = new Date(build.sourceDateEpoch * 1000)
  const layer = await writeLayer(file, state.root, { before: state.snapshot, after, owners: state.owners, mtime })
  state.snapshot = after
  const entry = historyOf(instruction, build)
  state.history.push(layer ? entry : { ...entry, empty_layer: true })
  if (!layer) return
  state.layers.push(layer)
  await keepLayer(build.layout, file, layer.digest)
}

const historyOf = (instruction: Instruction, build: Build) => ({
  created: new Date(build.sourceDateEpoch * 1000).toISOString(),
  created_by: instructionText(instruction),
})

export const instructionText = ({ name, flags, rest }: Instruction): string =>
  [name, ...flags.map((flag) => `--${flag.name}${flag.value === undefined ? '' : `=${flag.value}`}`), rest].join(' ')

function withPlace(cause: unknown, where: string): unknown {
  if (cause instanceof UnreadableWord) return new KibanError('invalid', 'build.dockerfile', images.problem(where, cause.text))
  if (cause instanceof KibanError && cause.code === 'build.dockerfile') {
    return new KibanError(cause.kind, cause.code, images.problem(where, cause.text), { hint: cause.hint, cause })
  }
  return cause
}
