import { init } from '../../../core/messages/init.ts'
import { yamlValue } from '../../../manifest/yaml-document.ts'
import { believe, believeVariables, dig, guessOf, isMap, type ProductGuess, portOf, slug } from '../guess.ts'
import { folderOf, type Repository } from '../repository.ts'

/** Services that a Compose file builds; ready images there (databases, caches) are for the laptop only. */
export async function hintCompose(repository: Repository, guess: ProductGuess): Promise<void> {
  const file = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'].find((path) =>
    repository.files.includes(path),
  )
  const services = file && dig(yamlValue((await repository.read(file)) ?? ''), 'services')
  if (!file || !isMap(services)) return
  for (const [key, service] of Object.entries(services)) {
    const name = slug(key)
    if (!name || !isMap(service)) continue
    const build = typeof service.build === 'string' ? service.build : dig(service.build, 'context')
    if (typeof build !== 'string' || /[${]|\.\./.test(build)) {
      guess.remarks.push(init.notTakenOver(key, file))
      continue
    }
    const guessed = guessOf(guess.services, name)
    const context = build === '.' || build === './' ? '.' : `./${build.replace(/^\.\//, '').replace(/\/$/, '')}`
    const dockerfile = dig(service.build, 'dockerfile')
    believe(
      guessed,
      'build',
      typeof dockerfile === 'string' && dockerfile !== 'Dockerfile' ? { context, dockerfile } : context,
      repository.files.some((path) => folderOf(path) === context.replace(/^\.\//, '')) || context === '.'
        ? init.fromKey(file, key)
        : init.noDockerfile,
    )
    const [first] = Array.isArray(service.ports) ? service.ports : []
    const published = isMap(first)
      ? first.target
      : String(first ?? '')
          .split('/')[0]
          ?.split(':')
          .at(-1)
    believe(guessed, 'port', portOf(published), init.fromKey(file, `${key}.ports`))
    const environment = Array.isArray(service.environment)
      ? Object.fromEntries(service.environment.map((line) => String(line).split(/=(.*)/s, 2)))
      : service.environment
    if (isMap(environment)) believeVariables(guessed, environment, init.fromKey(file, key), init.secret(file))
    if (
      Array.isArray(service.command) &&
      service.command.every((word) => typeof word === 'string') &&
      service.command.length > 0
    ) {
      believe(guessed, 'command', service.command, init.fromKey(file, key))
    }
  }
}
