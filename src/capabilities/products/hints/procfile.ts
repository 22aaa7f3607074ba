import { init } from '../../../core/messages/init.ts'
import { believe, guessOf, type ProductGuess, portOf, slug, words } from '../guess.ts'
import type { Repository } from '../repository.ts'
import { believeMigration } from './node-package.ts'

/** Processes of a Procfile: `web` has a port, `release` runs before, the others are workers. */
export async function hintProcfile(repository: Repository, guess: ProductGuess): Promise<void> {
  const text = await repository.read('Procfile')
  if (text === undefined) return
  const root = guess.services.get('web')?.values.build ?? '.'
  const processes = [...text.matchAll(/^([\w-]+):\s*(.+)$/gm)].map(([, name = '', line = '']) => ({ name: slug(name), line }))
  for (const { name, line } of processes) {
    if (!name || name === 'release') continue
    const service = guessOf(guess.services, name)
    const command = words(line)
    believe(service, 'build', root, init.fromKey('Procfile', name))
    if (command) believe(service, 'command', command, init.fromKey('Procfile', name))
    else guess.remarks.push(init.notTakenOver(`${name}: ${line}`, 'Procfile'))
    if (name === 'web')
      believe(service, 'port', portOf(/(?:-p|--port)[\s=]*(\d{2,5})\b/.exec(line)?.[1]), init.fromKey('Procfile', name))
  }
  const release = processes.find(({ name }) => name === 'release')
  const command = release && words(release.line)
  const first = guess.services.has('web') ? 'web' : [...guess.services.keys()][0]
  if (command && first) believeMigration(guess, first, command, 'Procfile', 'release')
  else if (release) guess.remarks.push(init.notTakenOver(`release: ${release.line}`, 'Procfile'))
}
