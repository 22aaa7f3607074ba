import type { ContainerPlan } from '../ecs/runtime.ts'
import type { LaunchEnvironment } from './engine.ts'

/**
 * The whole environment of a process, from nothing. Later ones win: image, defaults of the platform that the image does
 * not set, definition and secrets, and what belongs to the runtime.
 */
export function processEnvironment(
  image: readonly string[],
  { defaults, definition, fixed }: LaunchEnvironment,
  place: { path: string; home: string; ports: Record<string, string> },
): Record<string, string> {
  return { HOME: place.home, ...defaults, ...pairs(image), ...definition, PATH: place.path, ...fixed, ...place.ports }
}

/** `NAME=value` lines of an image, as an object. */
export function pairs(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
    }),
  )
}

/** `PORT` is the host port of the first mapping; further ones are `PORT_<containerPort>`. */
export function portVariables(ports: readonly { containerPort: number; hostPort: number }[]): Record<string, string> {
  return Object.fromEntries(
    ports.map(({ containerPort, hostPort }, i) => [i === 0 ? 'PORT' : `PORT_${containerPort}`, String(hostPort)]),
  )
}

/** What the definition itself gives, secrets last as in ECS. */
export function definedVariables(container: ContainerPlan, secrets: Record<string, string>): Record<string, string> {
  const plain = (container.environment ?? []).flatMap(({ name, value }) => (name ? [[name, value ?? ''] as const] : []))
  return { ...Object.fromEntries(plain), ...secrets }
}
