import type { Text } from '../core/text.ts'
import type { ImageConfig } from './oci-layout.ts'

export const builderNames = ['docker', 'podman', 'buildah', 'process'] as const
export type BuilderName = (typeof builderNames)[number]

/** What an image is built of. */
export interface BuildRequest {
  /** The checkout: nothing outside of it is read. */
  source: string
  /** The build folder, relative to the checkout: `./api`. */
  context: string
  /** Relative to the build folder; `Dockerfile` when left out. */
  dockerfile?: string
  /** The stage to build; the last one when left out. */
  target?: string
  /** Build arguments. They stay readable in the image, so one whose name looks like a secret's is refused. */
  args?: Record<string, string>
  labels?: Record<string, string>
  platform: { os: 'linux'; architecture: 'amd64' | 'arm64' }
  /** Full hash of the commit, kept as the label `org.opencontainers.image.revision`. */
  commit: string
  /** Time of the commit in seconds since the epoch; every file and the image carry it. */
  sourceDateEpoch: number
  /** A folder that is not there yet; the image is written into it as an OCI image layout. */
  layout: string
  /** Ends the build and all that it runs. */
  signal?: AbortSignal
  /** Minutes after which the build is ended; 30 when left out. */
  timeoutMinutes?: number
  /** Told what happens while it happens. */
  progress?: (progress: BuildProgress) => void
}

export type BuildProgress =
  /** The instruction that begins, as the Dockerfile has it. */
  | { kind: 'step'; at: number; of: number; line: string }
  /** A line of a program that runs. */
  | { kind: 'output'; line: string }
  | { kind: 'note'; text: Text }

export interface BuiltImage {
  builder: BuilderName
  layout: string
  digest: string
  mediaType: string
  /** Bytes of configuration and compressed layers. */
  size: number
  config: ImageConfig
}

/** A request whose paths were checked: inside the checkout, links followed. */
export interface Build extends BuildRequest {
  /** The build folder, absolute and without links. */
  folder: string
  /** The Dockerfile, absolute and without links. */
  file: string
  /** The Dockerfile as the repository names it, for people: `api/Dockerfile`. */
  name: string
  labels: Record<string, string>
  args: Record<string, string>
  signal: AbortSignal
  progress: (progress: BuildProgress) => void
  /** A folder for the time of the build. */
  work: string
}

/** The label by which an image that the process builder made is known, with the value `process`. */
export const BUILD_LABEL = 'kiban.build'
