import type { Queryable } from '../../../database/database.ts'
import { repositoryKey } from '../../../github/push.ts'
import { allProducts, type Product } from '../../products/catalogue.ts'

/** The products of the catalogue whose repository this is, however its address is written there. */
export async function productsOf(database: Queryable, repository: string): Promise<Product[]> {
  return (await allProducts(database)).filter((product) => repositoryKey(product.repository) === repository)
}
