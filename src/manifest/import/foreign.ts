// What another tool's files say, in words that all importers share. An importer reads files into this; `manifest-of.ts`
// makes a manifest of it.
import type { Text } from '../../core/text.ts'
import { type Path, pathText } from '../problem.ts'
import type { YamlDocument } from '../yaml-document.ts'

/** The files of a repository, wherever it is: a folder, or a commit. */
export interface ForeignFiles {
  /** Paths from the root, with slashes. */
  files: readonly string[]
  /** Text of a file; undefined when there is none. */
  read(path: string): Promise<string | undefined>
}

/** A member of an ECS request, in AWS's own words. */
export type Members = Record<string, unknown>

/** One task definition that something runs with. */
export interface Unit {
  /** RegisterTaskDefinition's members. */
  definition: Members
  /** The container that is the service's own. */
  container: string
  /** What is built, by container. */
  builds: Record<string, ForeignBuild>
  network?: ForeignNetwork
  /** Where the tool says it; otherwise the definition tells. */
  launch?: 'EC2' | 'FARGATE'
}

export interface ForeignBuild {
  context: string
  dockerfile: string
  args: Record<string, string>
  target: string | undefined
}

export interface ForeignNetwork {
  subnets?: string[]
  security_groups?: string[]
  public_ip?: boolean
}

export interface ForeignService {
  unit: Unit
  /** The ECS service's name. */
  service: string
  /** Undefined: the number that runs stays. */
  count?: number | string | Record<string, unknown>
  /** Keys of the manifest as they are. */
  more: Record<string, unknown>
}

export interface ForeignTask {
  unit: Unit
  /** Keys of the manifest's task as they are: command, env, size… */
  more: Record<string, unknown>
}

export interface ForeignEnvironment {
  name: string
  account: string | undefined
  region: string | undefined
  /** Keys of the manifest's environment as they are: cluster, network, protected… */
  more: Record<string, unknown>
  services: Map<string, ForeignService>
  tasks: Map<string, ForeignTask>
  schedules: Map<string, ForeignTask>
}

export interface ForeignProduct {
  product: string
  environments: ForeignEnvironment[]
  workflows: Record<string, { steps: Record<string, unknown>[] }>
  auto_deploy: Record<string, { environment: string; workflow?: string }>
}

/** Something about a place in another tool's file. */
export interface Remark {
  file: string
  line: number
  column: number
  path: string
  text: Text
  /** Without it, what would be deployed is not what the tool deploys. */
  blocks?: true
}

export interface Imported {
  /** The files that it began with. */
  read: string[]
  /** The manifest as a team would write it. */
  manifest: Record<string, unknown>
  /** What could not be carried over, and why. */
  lost: Remark[]
  /** What was carried over and behaves otherwise, or needs a person. */
  notes: Remark[]
}

/** A file under reading, which knows its places. */
export interface ReadFile {
  file: string
  document: YamlDocument
}

export function remarkAt({ file, document }: ReadFile, path: Path, text: Text, at: 'key' | 'value' = 'key'): Remark {
  return { file, ...document.place(path, at), path: pathText(path), text }
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A name as the manifest wants it; undefined when nothing is left of it. */
export function slug(name: string): string | undefined {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return plain || undefined
}
