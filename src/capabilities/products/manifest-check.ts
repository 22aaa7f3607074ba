import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { KibanError } from '../../core/error.ts'
import { manifestErrors } from '../../core/messages/manifest.ts'
import { environmentsOf, forEnvironment } from '../../manifest/environment.ts'
import { MANIFEST_FILE, readManifest } from '../../manifest/load.ts'
import { sizeText } from '../../manifest/size.ts'

/** Reads and checks the manifest at a path: a file, or a folder that holds a kiban.yml. */
export async function checkManifest(path: string) {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const file = isFolder ? join(path, MANIFEST_FILE) : path
  const { manifest, notices } = readManifest(await textOf(file), file)
  const environments = Object.keys(environmentsOf(manifest)).map((name) => forEnvironment(manifest, name))
  return {
    file,
    product: manifest.product,
    environments: environments.map(({ environment, protected: isProtected, approvals }) => ({
      name: environment,
      protected: isProtected,
      approvals,
    })),
    services: Object.keys(manifest.services).map((name) => ({
      name,
      environments: environments.flatMap(({ environment, services }) => {
        const service = services[name]
        if (!service) return []
        const { count, size, ports } = service
        return [
          {
            name: environment,
            size: sizeText(size),
            count: count.autoscaled ? `${count.min}-${count.max}` : String(count.min),
            port: ports[0]?.port,
          },
        ]
      }),
    })),
    tasks: Object.keys(manifest.tasks ?? {}),
    schedules: Object.keys(manifest.schedules ?? {}),
    notices,
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new KibanError('not-found', 'manifest.missing', manifestErrors.missing(file), {
        hint: manifestErrors.missingHint,
        cause,
      })
    }
    throw new KibanError('invalid', 'manifest.unreadable', manifestErrors.unreadable(file), { cause })
  }
}
