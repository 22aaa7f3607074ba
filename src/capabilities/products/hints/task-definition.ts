// ECS task definitions in the repository, alone or named by ecspresso's configuration.
import { init } from '../../../core/messages/init.ts'
import { isFargateSize, nearestFargateSize, sizeText } from '../../../manifest/size.ts'
import { yamlValue } from '../../../manifest/yaml-document.ts'
import { believe, believeVariables, dig, type Guess, guessOf, isMap, type ProductGuess, portOf, slug } from '../guess.ts'
import { folderOf, type Repository, under } from '../repository.ts'

export async function hintEcs(repository: Repository, guess: ProductGuess): Promise<void> {
  const taken = new Set<string>()
  for (const path of repository.files.filter((path) => /(^|\/)ecspresso[\w.-]*\.(ya?ml|json)$/.test(path))) {
    const config = yamlValue((await repository.read(path)) ?? '')
    if (!isMap(config)) continue
    believe(guess.product, 'region', textOf(config.region), init.from(path))
    const service = textOf(config.service)
    const cluster = textOf(config.cluster)
    const definition = textOf(config.task_definition)
    const found = definition && under(folderOf(path), definition.replace(/^\.\//, ''))
    const json = found ? await definitionIn(repository, found) : undefined
    const name = slug(service ?? textOf(dig(json, 'family')) ?? '')
    if (!name) continue
    const guessed = guessOf(guess.services, name)
    believe(guessed, 'names', { ...(cluster ? { cluster } : {}), ...(service ? { service } : {}) }, init.from(path))
    if (found) taken.add(found)
    if (json && found) hintDefinition(guessed, guess, json, found)
  }
  for (const path of repository.files.filter((path) => path.endsWith('.json') && !taken.has(path))) {
    const json = /task|ecs|def|deploy/i.test(path) ? await definitionIn(repository, path) : undefined
    const name = json && slug(textOf(json.family) ?? textOf(dig(containersOf(json)[0], 'name')) ?? '')
    if (json && name) hintDefinition(guessOf(guess.services, name), guess, json, path)
  }
}

function hintDefinition(service: Guess, guess: ProductGuess, definition: Record<string, unknown>, file: string): void {
  const [container, ...others] = containersOf(definition)
  if (!container) return
  const family = textOf(definition.family)
  if (family) service.values.names = { ...(service.values.names as object | undefined), family, ...rolesOf(definition) }
  service.why.names ??= init.from(file)
  const port = portOf(dig((container.portMappings as unknown[] | undefined)?.[0], 'containerPort'))
  believe(service, 'port', port, init.fromKey(file, 'portMappings'))
  const cpu = Number(definition.cpu ?? container.cpu)
  const memory = Number(definition.memory ?? container.memory)
  if (cpu > 0 && memory > 0) {
    const size = { cpu, memory }
    const fits = isFargateSize(size)
    believe(
      service,
      'size',
      sizeText(fits ? size : nearestFargateSize(size)),
      fits ? init.from(file) : init.rounded(sizeText(size)),
    )
  }
  const architecture = textOf(dig(definition, 'runtimePlatform', 'cpuArchitecture'))?.toLowerCase()
  if (architecture === 'arm64') believe(service, 'architecture', 'arm64', init.fromKey(file, 'runtimePlatform'))
  if (isWords(container.command)) believe(service, 'command', container.command, init.from(file))
  believeVariables(service, pairs(container.environment, 'value'), init.from(file), init.secret(file))
  const secrets = pairs(container.secrets, 'valueFrom')
  if (Object.keys(secrets).length > 0) {
    service.values.secrets = secrets
    service.why.secrets = init.from(file)
  }
  const image = textOf(container.image)
  if (image && !/[{}$<>]/.test(image) && !/\.dkr\.ecr\./.test(image)) believe(service, 'image', image, init.from(file))
  for (const other of others) guess.remarks.push(init.notTakenOver(`container ${textOf(other.name) ?? '?'}`, file))
}

/** Task definitions often hold Go or Jinja templates; one that is no JSON then is left alone. */
async function definitionIn(repository: Repository, path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const json: unknown = JSON.parse((await repository.read(path)) ?? 'null')
    const inner = isMap(json) && isMap(json.taskDefinition) ? json.taskDefinition : json
    return isMap(inner) && Array.isArray(inner.containerDefinitions) ? inner : undefined
  } catch {
    return undefined
  }
}

const containersOf = (definition: Record<string, unknown>) => (definition.containerDefinitions as unknown[]).filter(isMap)
const textOf = (value: unknown) => (typeof value === 'string' && value !== '' && !/[{}\s]/.test(value) ? value : undefined)
const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')

function rolesOf(definition: Record<string, unknown>): Record<string, string> {
  const execution = textOf(definition.executionRoleArn)
  const task = textOf(definition.taskRoleArn)
  return { ...(execution ? { execution_role: execution } : {}), ...(task ? { task_role: task } : {}) }
}

function pairs(list: unknown, key: 'value' | 'valueFrom'): Record<string, string> {
  if (!Array.isArray(list)) return {}
  const usable = list
    .filter(isMap)
    .flatMap((item) => (typeof item.name === 'string' && typeof item[key] === 'string' ? [[item.name, item[key]] as const] : []))
  return Object.fromEntries(usable)
}
