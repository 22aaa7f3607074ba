import { init } from '../../../core/messages/init.ts'
import { believe, guessOf, type ProductGuess, portOf, slug } from '../guess.ts'
import { folderOf, type Repository } from '../repository.ts'

const DOCKERFILE = /(^|\/)(Dockerfile(\.[\w-]+)?|[\w-]+\.Dockerfile)$/
const NOT_FOR_PRODUCTION = /\b(dev|development|test|ci|local)\b/i

/** A service for each folder with a Dockerfile, named after the folder; the root's is `web`. */
export async function hintDockerfiles(repository: Repository, guess: ProductGuess): Promise<void> {
  const found = repository.files.filter((path) => DOCKERFILE.test(path) && !path.endsWith('.dockerignore'))
  const usable = found.filter((path) => !NOT_FOR_PRODUCTION.test(path.split('/').at(-1) ?? ''))
  for (const path of usable) {
    const folder = folderOf(path)
    const file = path.split('/').at(-1) ?? 'Dockerfile'
    const plain = folder === '.' ? '.' : `./${folder}`
    const own = file === 'Dockerfile' ? undefined : file.replace(/^Dockerfile\.|\.Dockerfile$/g, '')
    const name = serviceBuiltIn(guess, plain, file) ?? slug(own ?? (folder === '.' ? 'web' : (folder.split('/').at(-1) ?? 'web')))
    if (!name) continue
    const service = guessOf(guess.services, name)
    believe(service, 'build', file === 'Dockerfile' ? plain : { context: plain, dockerfile: file }, init.dockerfile(path))
    const lines = (await repository.read(path)) ?? ''
    const exposed = portOf(/^\s*EXPOSE\s+(\d+)(?:\/tcp)?\b/im.exec(lines)?.[1])
    if (exposed && !('ports' in service.values)) believe(service, 'port', exposed, init.expose(path))
    const checked = /^\s*HEALTHCHECK\s[\s\S]*?https?:\/\/(?:localhost|127\.0\.0\.1)(?::\d+)?(\/[\w./-]*)/im.exec(lines)?.[1]
    if (service.values.port !== undefined) believe(service, 'health', checked, init.fromKey(path, 'HEALTHCHECK'))
  }
}

/** A service that something else already said is built here. */
function serviceBuiltIn(guess: ProductGuess, folder: string, file: string): string | undefined {
  for (const [name, { values }] of guess.services) {
    const build = values.build
    const context = typeof build === 'string' ? build : (build as { context?: string } | undefined)?.context
    const dockerfile =
      typeof build === 'string' ? 'Dockerfile' : ((build as { dockerfile?: string } | undefined)?.dockerfile ?? 'Dockerfile')
    if (context === folder && dockerfile === file) return name
  }
  return undefined
}
