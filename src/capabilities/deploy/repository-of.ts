import type { CallerEnvironment } from '../../core/caller.ts'
import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import { productNamed } from '../products/catalogue.ts'
import type { DeployEngine } from './engine.ts'

/**
 * Where the source of a product is read from. Without a server it is what the caller names. A server goes by its catalogue
 * alone: a path would be one of its own, and an address would be fetched in its name; the path of somebody's own clone,
 * which the command line sends along, stands for the product. Throws `product.unknown` and `deploy.repository-unknown`.
 */
export async function repositoryOf(
  { database }: Pick<DeployEngine, 'database'>,
  caller: CallerEnvironment | undefined,
  { product, repository }: { product: string; repository: string },
): Promise<string> {
  if (caller !== undefined) return repository
  const known = await productNamed(database, product)
  if (repository === known.repository || repository.startsWith('/')) return known.repository
  throw new KibanError('forbidden', 'deploy.repository-unknown', deploy.repositoryUnknown(product, known.repository), {
    hint: deploy.repositoryUnknownHint,
  })
}
