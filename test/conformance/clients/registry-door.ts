/**
 * HTTPS in front of the sandbox's registry, under the name that AWS gives it: clients that know ECR by its host names
 * reach it through a proxy that leads every one of them here.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'

export interface RegistryDoor {
  /** What leads a client there: its proxy, and the certificate to trust. */
  env: Record<string, string>
  close(): void
}

export async function registryDoor(endpoint: string, registry: string, folder: string): Promise<RegistryDoor> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=registry', '-addext', `subjectAltName=DNS:${registry}`]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const door = createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (from, to) => {
    const onward = request(`${endpoint}${from.url}`, { method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      pipeline(answer, to, () => {})
    })
    pipeline(from, onward, () => {})
  })
  const proxy = createServer((_, to) => to.writeHead(501).end()).on('connect', (_, socket) => {
    const inside = connect(portOf(door), '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'))
    pipeline(socket, inside, socket, () => {})
  })
  await Promise.all([door, proxy].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))))
  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`, SSL_CERT_FILE: certificate },
    close() {
      for (const server of [door, proxy]) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

const portOf = (server: Pick<Server, 'address'>): number => (server.address() as AddressInfo).port
