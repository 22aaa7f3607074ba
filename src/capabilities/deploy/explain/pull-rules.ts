// Images that cannot be pulled.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
import type { Declared, SeenTask } from './evidence.ts'
import { roleIn, said, type TaskRule, taskCause } from './task-rule.ts'

const PULL = /^CannotPull|registry auth from|ecr registry auth/
/** How a task says that no packet comes back. */
export const NO_CONNECTION =
  /connection issue between the task and ([\w ]+?)[.,]|dial tcp|i\/o timeout|no such host|send request failed|context deadline exceeded|request canceled|TLS handshake/i

export const pullRules: TaskRule[] = [
  (task, declared) => {
    const found = said(task, /descriptor matching platform '([^']+)'|does not match the specified platform/i)
    if (!found) return undefined
    const [container, image] = imageOf(task, declared)
    return taskCause(task, 'architecture', { image, wanted: found[1] ?? declared.platform, found: '' }, { container })
  },
  (task, declared) => {
    if (!pullFailed(task)) return undefined
    const found = said(task, /toomanyrequests|429 Too Many Requests|rate limit/i)
    const [container, image] = imageOf(task, declared)
    return found && taskCause(task, 'registry-limit', { registry: registryOf(image) }, { container })
  },
  (task, declared) => {
    const found = pullFailed(task) && said(task, NO_CONNECTION)
    if (!found) return undefined
    const [container, image] = imageOf(task, declared)
    return taskCause(task, 'registry-unreachable', { registry: found[1]?.trim() ?? registryOf(image) }, { container })
  },
  (task, declared) => {
    const found = pullFailed(task) && said(task, /403 Forbidden|AccessDenied|not authorized|pull access denied|no basic auth/i)
    if (!found) return undefined
    const [container, image] = imageOf(task, declared)
    return taskCause(task, 'image-denied', { image, role: roleIn(found.input, declared) }, { container })
  },
  (task, declared) => {
    const found = pullFailed(task) && said(task, /not found|manifest unknown|does not exist|NotFound/i)
    if (!found) return undefined
    const [container, image] = imageOf(task, declared)
    return taskCause(task, 'image-missing', { image }, { container })
  },
]

const pullFailed = (task: SeenTask): boolean => said(task, PULL) !== undefined

/** The container to blame, and its image. */
function imageOf(task: SeenTask, { images, container }: Declared): [container: string, image: string] {
  const blamed = task.containers.find(({ reason }) => reason && PULL.test(reason))?.name
  const named = said(task, /failed to resolve ref "?([^\s"]+?)"?:\s/)?.[1]
  const byName = Object.entries(images).find(([, image]) => image === named)?.[0]
  const name = blamed ?? byName ?? container
  return [name, images[name] ?? named ?? '?']
}

/** As Docker reads references: the first part is a registry when it has a dot, a port, or is localhost. */
function registryOf(image: string): string {
  const [first = ''] = image.split('/')
  return image.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io'
}
