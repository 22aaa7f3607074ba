import { init } from '../../../core/messages/init.ts'
import { isFargateSize, nearestFargateSize, sizeText } from '../../../manifest/size.ts'
import { yamlValue } from '../../../manifest/yaml-document.ts'
import { believe, dig, guessOf, isMap, type ProductGuess, portOf, slug } from '../guess.ts'
import { folderOf, type Repository } from '../repository.ts'

/** Manifests of AWS Copilot: `copilot/<name>/manifest.yml`. */
export async function hintCopilot(repository: Repository, guess: ProductGuess): Promise<void> {
  for (const file of repository.files.filter((path) => /^copilot\/[^/]+\/manifest\.ya?ml$/.test(path))) {
    const manifest = yamlValue((await repository.read(file)) ?? '')
    const name = slug(String(dig(manifest, 'name') ?? file.split('/')[1] ?? ''))
    if (!name || !isMap(manifest) || typeof manifest.type !== 'string') continue
    if (manifest.type === 'Scheduled Job') {
      guess.remarks.push(init.notTakenOver(`${name} (Scheduled Job)`, file))
      continue
    }
    const service = guessOf(guess.services, name)
    const from = init.from(file)
    const build = dig(manifest, 'image', 'build')
    const dockerfile = typeof build === 'string' ? build : dig(build, 'dockerfile')
    if (typeof dockerfile === 'string') {
      const folder = folderOf(dockerfile.replace(/^\.\//, ''))
      const context = dig(build, 'context')
      believe(service, 'build', typeof context === 'string' ? context : folder === '.' ? '.' : `./${folder}`, from)
    }
    believe(service, 'image', dig(manifest, 'image', 'location'), from)
    believe(service, 'port', portOf(dig(manifest, 'image', 'port')), from)
    if (manifest.type === 'Backend Service' && service.values.port !== undefined) believe(service, 'load_balancer', false, from)
    const check = dig(manifest, 'http', 'healthcheck')
    const path = typeof check === 'string' ? check : dig(check, 'path')
    if (service.values.load_balancer !== false && typeof path === 'string' && path.startsWith('/'))
      believe(service, 'health', path, from)
    const size = { cpu: Number(manifest.cpu), memory: Number(manifest.memory) }
    if (size.cpu > 0 && size.memory > 0) {
      const fits = isFargateSize(size)
      believe(service, 'size', sizeText(fits ? size : nearestFargateSize(size)), fits ? from : init.rounded(sizeText(size)))
    }
    const count = manifest.count
    const range = dig(count, 'range')
    if (typeof count === 'number') believe(service, 'count', count, from)
    else if (typeof range === 'string' && /^\d+-\d+$/.test(range)) believe(service, 'count', range, from)
    const variables = isMap(manifest.variables)
      ? Object.entries(manifest.variables).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      : []
    if (variables.length > 0)
      believe(service, 'env', Object.fromEntries(variables.map(([key, value]) => [key, String(value)])), from)
    const secrets = isMap(manifest.secrets)
      ? Object.entries(manifest.secrets).filter(([, value]) => typeof value === 'string')
      : []
    if (secrets.length > 0) believe(service, 'secrets', Object.fromEntries(secrets), from)
    if (manifest.exec === true) believe(service, 'exec', true, from)
  }
}
