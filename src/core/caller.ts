/**
 * The environment variables that belong to whoever asks, not to the process that does the work: which credentials to act
 * with, how to build images, and in whose name. They hold secrets: hand them on in memory, never store or log them.
 */
export type CallerEnvironment = Readonly<Record<string, string>>

/** `HOME` is where the AWS configuration files are looked for. */
export const isCarried = (name: string): boolean => /^(AWS_.+|KIBAN_ACTOR|KIBAN_BUILDER|HOME)$/.test(name)

/** What a request carries of its caller's environment; in name order, so that equal ones are equal as JSON too. */
export function callerEnvironment(env: NodeJS.ProcessEnv): CallerEnvironment {
  const carried = Object.entries(env).filter((entry): entry is [string, string] => isCarried(entry[0]) && !!entry[1])
  return Object.fromEntries(carried.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The environment of a process with a caller's variables in the place of its own. */
export function withCaller(env: NodeJS.ProcessEnv, caller: CallerEnvironment): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !isCarried(name))), ...caller }
}
