import { KibanError } from '../core/error.ts'
import { images } from '../core/messages/images.ts'
import { runProgram } from '../core/program.ts'
import { type BuilderName, builderNames } from './build.ts'

const PROBE_TIMEOUT_MS = 5_000

/** A cheap question that each engine answers only when it can work: the docker client alone cannot. */
const PROBES = {
  docker: ['version', '--format', '{{.Server.Version}}'],
  podman: ['info', '--format', '{{.Version.Version}}'],
  buildah: ['version'],
} satisfies Record<Exclude<BuilderName, 'process'>, string[]>

/**
 * Which builder to use: the one that KIBAN_BUILDER names, or else the first engine that is there and answers. The
 * process builder is never chosen by itself. Throws KibanError `build.unknown-builder`, `build.builder-unavailable`
 * or `build.no-builder`.
 */
export async function chooseBuilder(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<BuilderName> {
  const asked = env.KIBAN_BUILDER
  if (asked) {
    const name = builderNames.find((one) => one === asked)
    if (!name) {
      throw new KibanError('invalid', 'build.unknown-builder', images.unknownBuilder(asked), { hint: images.unknownBuilderHint })
    }
    const problem = name === 'process' ? undefined : await problemWith(name, env, signal)
    if (problem === undefined) return name
    throw new KibanError('unavailable', 'build.builder-unavailable', images.builderUnavailable(name, problem), {
      hint: images.builderUnavailableHint,
    })
  }
  const engines = ['docker', 'podman', 'buildah'] as const
  const problems = await Promise.all(engines.map((name) => problemWith(name, env, signal)))
  const found = engines.find((_, at) => problems[at] === undefined)
  if (found) return found
  const details = engines.map((name, at) => images.problem(name, images.lastLines(problems[at] ?? '')))
  throw new KibanError('unavailable', 'build.no-builder', images.noBuilder, { hint: images.noBuilderHint, details })
}

/** Why an engine cannot be used, in its own words; undefined when it can. */
async function problemWith(name: keyof typeof PROBES, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const { code, stderr } = await runProgram(name, PROBES[name], { env, signal, timeoutMs: PROBE_TIMEOUT_MS })
    return code === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? '')
  } catch (cause) {
    signal?.throwIfAborted()
    return cause instanceof Error ? cause.message : String(cause)
  }
}
