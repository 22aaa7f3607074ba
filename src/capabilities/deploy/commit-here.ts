// Which commit the caller means, asked where the caller stands: that of their own clone, on a server too.
import { deployView as text } from '../../core/messages/deploy-view.ts'
import type { AtCaller, Note } from '../../core/operation.ts'
import { isCommitHash } from '../../git/commit.ts'
import { commitIn } from '../../git/commit-in.ts'
import { workingTree } from '../../git/working-tree.ts'
import { productHere } from '../products/product-field.ts'

interface Wanted {
  product: string
  repository: string
  ref: string
  commit?: string
}

/** So many files are named; of the rest there is their number. */
const NAMED = 3

/**
 * In a clone of the product the names are read there: `HEAD` is what is checked out, whatever the default branch of the
 * server's repository is by now. Elsewhere nothing is changed.
 */
export async function commitHere(wanted: Wanted, { far, signal }: AtCaller): Promise<{ input: Partial<Wanted>; notes: Note[] }> {
  const { product, repository, ref } = wanted
  const asked = wanted.commit ?? ref
  const tree = repository.startsWith('/') ? await workingTree(repository, signal) : undefined
  if (!tree || (productHere(repository) ?? productHere(tree.root)) !== product) {
    return { input: {}, notes: far && asked === 'HEAD' ? [{ text: text.defaultBranch(product), tone: 'warn' }] : [] }
  }
  const commit = isCommitHash(asked) ? asked : await commitIn(tree.root, asked, signal)
  if (commit === undefined) return { input: {}, notes: [] }
  const name = asked === 'HEAD' ? tree.branch : asked
  const here: Note = {
    text: text.commitHere(commit.slice(0, 12), name && commit.startsWith(name) ? undefined : name),
    tone: 'muted',
  }
  const changed = commit === tree.commit ? tree.changed : []
  return {
    input: { commit, ref: name ?? commit },
    // What is done here is read from here, as everybody expects; of a server that is not so plain.
    notes: [...(far ? [here] : []), ...(changed.length > 0 ? [uncommitted(changed)] : [])],
  }
}

const uncommitted = (changed: readonly string[]): Note => ({
  text: text.uncommitted(changed.slice(0, NAMED).join(', '), changed.length, Math.max(0, changed.length - NAMED)),
  tone: 'warn',
})
