import { init } from '../../../core/messages/init.ts'
import { believe, guessOf, type ProductGuess } from '../guess.ts'
import { type Repository, under } from '../repository.ts'
import { believeMigration } from './node-package.ts'
import { serviceFolders } from './service-folders.ts'

const PUMA_PORT = 3000
const SINATRA_PORT = 4567

/** Rails and its usual companions, by the Gemfile beside a Dockerfile. */
export async function hintRuby(repository: Repository, guess: ProductGuess): Promise<void> {
  if (guess.services.size === 0 && repository.files.includes('Gemfile')) {
    believe(guessOf(guess.services, 'web'), 'build', '.', init.noDockerfile)
  }
  for (const [name, folder] of serviceFolders(guess)) {
    const file = under(folder, 'Gemfile')
    const gemfile = await repository.read(file)
    if (gemfile === undefined) continue
    const service = guessOf(guess.services, name)
    if (hasGem(gemfile, 'rails')) {
      believe(service, 'port', PUMA_PORT, init.usualPort('Rails'))
      const routes = (await repository.read(under(folder, 'config/routes.rb'))) ?? ''
      believe(
        service,
        'health',
        /rails\/health#show/.test(routes)
          ? (/get\s+['"]\/?([\w/]+)['"]\s*=>\s*['"]rails\/health/.exec(routes)?.[1] ?? 'up').replace(/^\/?/, '/')
          : undefined,
        init.railsUp,
      )
      if (repository.files.some((path) => path.startsWith(under(folder, 'db/')))) {
        believeMigration(guess, name, ['bundle', 'exec', 'rails', 'db:migrate'], file, 'rails')
      }
    } else if (hasGem(gemfile, 'sinatra')) {
      believe(service, 'port', SINATRA_PORT, init.usualPort('Sinatra'))
    }
    if (hasGem(gemfile, 'sidekiq') && !guess.services.has('worker')) {
      const worker = guessOf(guess.services, 'worker')
      believe(worker, 'build', service.values.build, init.fromKey(file, 'sidekiq'))
      believe(worker, 'command', ['bundle', 'exec', 'sidekiq'], init.fromKey(file, 'sidekiq'))
    }
  }
}

const hasGem = (gemfile: string, gem: string) => new RegExp(`^\\s*gem\\s+['"]${gem}['"]`, 'm').test(gemfile)
