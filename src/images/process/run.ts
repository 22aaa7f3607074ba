// RUN: a command of the repository, run on this machine in the folder that stands for the image's root.
import { lstat } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { KibanError } from '../../core/error.ts'
import { images } from '../../core/messages/images.ts'
import { ProgramMissing, runProgram } from '../../core/program.ts'
import type { Build } from '../build.ts'
import { makeFolder, placeInRoot } from './place.ts'

/** Longer than the clock of a file system stands still: a change right after a snapshot must show in a file's times. */
const SNAPSHOT_GRACE_MS = 20
const LAST_LINES = 15

export interface Command {
  /** `api/Dockerfile:12` */
  where: string
  /** The words of the JSON form, or one line for the shell. */
  command: string[] | string
  root: string
  /** As the image sees it. */
  workdir: string
  /** ENV and declared ARG of the Dockerfile. */
  env: Record<string, string>
}

export async function run(build: Build, { where, command, root, workdir, env }: Command): Promise<void> {
  const cwd = await makeFolder(root, workdir)
  await wait(SNAPSHOT_GRACE_MS, undefined, { signal: build.signal })
  const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
  const last: string[] = []
  const onLine = (line: string) => {
    last.push(line)
    if (last.length > LAST_LINES) last.shift()
    build.progress({ kind: 'output', line })
  }
  // Modes are part of the image, so they must not depend on the user's umask.
  const argv = ['-c', 'umask 022; exec "$@"', 'sh', ...words]
  const ended = await runProgram('/bin/sh', argv, {
    cwd,
    env: await commandEnv(root, env, build),
    signal: build.signal,
    endsWithUs: true,
    onLine,
  }).catch((cause: unknown) => {
    if (cause instanceof ProgramMissing) return { code: undefined, signal: cause.message }
    throw cause
  })
  if (ended.code === 0) return
  const text = images.runFailed(where, ended.code ?? ended.signal ?? '?')
  const details = last.map(images.lastLines)
  throw new KibanError('invalid', 'build.failed', text, { details, hint: images.runFailedHint })
}

/** Of the user's environment only what programs need to be found and to reach their registries: no credentials of a cloud. */
const PASSED =
  /^(LANG|LC_\w+|TZ|TMPDIR|HOME|(https?|ftp|all|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|npm_config_(registry|cafile|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|offline|prefer_offline))$/i

/** Node first on the PATH, then what the image has installed itself, then what this machine has. */
async function commandEnv(root: string, env: Record<string, string>, build: Build): Promise<NodeJS.ProcessEnv> {
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name))
  const inImage: string[] = []
  for (const folder of (env.PATH ?? '').split(':').filter((folder) => isAbsolute(folder))) {
    const place = await placeInRoot(root, folder)
    if ((await lstat(place).catch(() => undefined))?.isDirectory()) inImage.push(place)
  }
  const path = [...inImage, dirname(process.execPath), process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter)
  const own = { SOURCE_DATE_EPOCH: String(build.sourceDateEpoch), PATH: path }
  const { PATH: _path, ...rest } = env
  return { ...Object.fromEntries(passed), ...rest, ...own }
}
