import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Identity } from '../../src/capabilities/identity/identity.ts'
import { firstInvitation } from '../../src/capabilities/identity/invitation.ts'
import { identityOperations } from '../../src/capabilities/identity/operations.ts'
import { identify } from '../../src/capabilities/identity/session.ts'
import { realClock } from '../../src/core/clock.ts'
import type { Operation } from '../../src/core/operation.ts'
import { runner } from '../../src/core/runner.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { type Server, startServer } from '../../src/server/server.ts'
import { browserProgram, openBrowser, violations } from './browser.ts'

const dist = fileURLToPath(new URL('../../console/dist/', import.meta.url))
const built = existsSync(`${dist}index.html`)

let identity: Identity
let server: Server
let browser: Browser
let page: Page
let devices: CDPSession
let device: string

interface Begun {
  options: Record<string, unknown>
  flow: string
}

describe.skipIf(browserProgram === undefined)(
  `passkeys${browserProgram ? '' : ' (skipped: no Chromium is installed here)'}`,
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      identity = {
        database: await openDatabase({}),
        clock: realClock,
        seal: () => Promise.reject(new Error('no passwords here')),
      }
      const operations: Operation[] = identityOperations({ identity: async () => identity }, () => operations)
      server = await startServer({
        // A passkey belongs to a name.
        host: 'localhost',
        port: 0,
        publicUrl: undefined,
        consoleFolder: built ? dist : undefined,
        openapi: {},
        operations,
        ...runner(operations),
        identify: ({ secret }) => identify(identity, secret),
        ready: async () => {},
        log: () => {},
      })
      browser = await openBrowser()
      page = await (await browser.newContext({ baseURL: server.url, reducedMotion: 'reduce' })).newPage()
      await page.goto('/healthz')
      devices = await page.context().newCDPSession(page)
      await devices.send('WebAuthn.enable')
      device = await newDevice()
    }, 60_000)
    afterAll(async () => {
      await browser?.close()
      await server?.close()
      await identity?.database.close()
    })

    const newDevice = async (hasUserVerification = true): Promise<string> => {
      const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification,
          isUserVerified: hasUserVerification,
          automaticPresenceSimulation: true,
        },
      })
      return authenticatorId
    }

    /** As a page of the console asks: with its cookie, from the same origin. */
    // biome-ignore lint/suspicious/noExplicitAny: tests name what they expect
    const ask = (method: string, path: string, body?: object): Promise<any> =>
      page.evaluate(
        async (request) => {
          const answer = await fetch(`/api/v1${request.path}`, {
            method: request.method,
            headers: { 'content-type': 'application/json' },
            ...(request.body ? { body: JSON.stringify(request.body) } : {}),
          })
          return answer.json()
        },
        { method, path, body },
      )
    const made = (options: Record<string, unknown>): Promise<object> =>
      page.evaluate(async (given) => {
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(given as never)
        return ((await navigator.credentials.create({ publicKey })) as PublicKeyCredential).toJSON()
      }, options)
    const signed = (options: Record<string, unknown>): Promise<object> =>
      page.evaluate(async (given) => {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(given as never)
        return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON()
      }, options)
    const challenge = (): Promise<Begun> => ask('POST', '/login/passkey/challenges', {})
    const answered = async () => {
      const { options, flow } = await challenge()
      return { flow, response: await signed(options) }
    }
    const add = async (name: string) => {
      const { options, flow } = (await ask('POST', '/me/passkeys/challenges', {})) as Begun
      return { flow, name, response: await made(options) }
    }

    test('whoever is logged in adds a passkey, and comes in by it without saying a name', async () => {
      await ask('POST', '/login/invitation', { link: await firstInvitation(identity) })
      expect(await ask('GET', '/login/methods')).toMatchObject({ passkey: true })
      const { passkeys } = await ask('POST', '/me/passkeys', await add('My laptop'))
      expect(passkeys).toEqual([{ id: expect.any(String), name: 'My laptop', createdAt: expect.any(Number) }])
      await ask('POST', '/logout', {})
      expect(await ask('GET', '/whoami')).toMatchObject({ code: 'login.needed' })
      const opened = await ask('POST', '/login/passkey', await answered())
      expect(opened).toEqual({ name: 'admin', expiresAt: expect.any(Number) })
      expect(await ask('GET', '/whoami')).toMatchObject({ name: 'admin' })
      expect((await ask('GET', '/me/passkeys')).passkeys).toMatchObject([{ usedAt: expect.any(Number) }])
    })

    test('an answer counts once, for its own challenge, and only as it was signed', async () => {
      const good = await answered()
      expect(await ask('POST', '/login/passkey', good)).toMatchObject({ name: 'admin' })
      expect(await ask('POST', '/login/passkey', good)).toMatchObject({ code: 'passkey.failed', status: 401 })
      const { flow } = await challenge()
      expect(await ask('POST', '/login/passkey', { ...good, flow })).toMatchObject({ code: 'passkey.failed' })
      const fresh = await answered()
      const { response } = fresh.response as { response: { signature: string } }
      response.signature = response.signature.replace(/.{8}$/, 'AAAAAAAA')
      expect(await ask('POST', '/login/passkey', fresh)).toMatchObject({ code: 'passkey.failed' })
      const registering: Begun = await ask('POST', '/me/passkeys/challenges', {})
      expect(await ask('POST', '/login/passkey', { ...(await answered()), flow: registering.flow })).toMatchObject({
        code: 'passkey.failed',
      })
      await expect(add('Again')).rejects.toThrow('already registered')
      for (const response of [{ id: 'x' }, { id: 'x', response: { clientDataJSON: 'e30' } }])
        expect(await ask('POST', '/login/passkey', { flow: (await challenge()).flow, response })).toMatchObject({ status: 401 })
    })

    test('a counter that went back is a copied key, and opens nothing', async () => {
      await identity.database.query('update identity_passkeys set counter = counter + 1000')
      expect(await ask('POST', '/login/passkey', await answered())).toMatchObject({ code: 'passkey.failed' })
      await identity.database.query('update identity_passkeys set counter = counter - 1000')
      expect(await ask('POST', '/login/passkey', await answered())).toMatchObject({ name: 'admin' })
    })

    test('a device that does not ask who holds it is refused', async () => {
      await devices.send('WebAuthn.setUserVerified', { authenticatorId: device, isUserVerified: false })
      const { options, flow } = await challenge()
      const careless = { ...options, userVerification: 'discouraged' }
      expect(await ask('POST', '/login/passkey', { flow, response: await signed(careless) })).toMatchObject({
        code: 'passkey.failed',
      })
      await devices.send('WebAuthn.setUserVerified', { authenticatorId: device, isUserVerified: true })
    })

    test('a passkey that was removed, or whose user is shut out, opens nothing', async () => {
      await ask('POST', '/users', { name: 'haru' })
      const before = await answered()
      await identity.database.query(`update identity_users set disabled_at = now() where name = 'admin'`)
      expect(await ask('POST', '/login/passkey', before)).toMatchObject({ code: 'passkey.failed' })
      await identity.database.query(`update identity_users set disabled_at = null where name = 'admin'`)
      const { passkeys } = await ask('GET', '/me/passkeys')
      expect(await ask('DELETE', '/me/passkeys/unknown')).toMatchObject({ code: 'passkey.unknown' })
      const last = await answered()
      expect(await ask('DELETE', `/me/passkeys/${passkeys[0].id}`)).toEqual({ passkeys: [] })
      expect(await ask('POST', '/login/passkey', last)).toMatchObject({ code: 'passkey.failed' })
      const types = await identity.database.query<{ type: string }>(
        `select distinct type from events where type like 'passkey.%' order by type`,
      )
      expect(types.map(({ type }) => type)).toEqual(['passkey.added', 'passkey.removed'])
      const logins = await identity.database.query(
        `select distinct actor, face from events where type = 'session.opened' and data->>'method' = 'passkey'`,
      )
      expect(logins).toEqual([{ actor: 'admin', face: 'http' }])
    })

    test.skipIf(!built)(
      `the pages lead there${built ? '' : ' (skipped: the console is not built: script/console)'}`,
      async () => {
        // The device answers with any passkey it has for this name, and the server has forgotten the earlier ones.
        await devices.send('WebAuthn.clearCredentials', { authenticatorId: device })
        const [sora, nao] = [await ask('POST', '/users', { name: 'sora' }), await ask('POST', '/users', { name: 'nao' })]
        await ask('POST', '/logout', {})
        await page.goto(sora.link)
        await page.getByLabel('What you call this device').fill('My laptop')
        await page.getByRole('button', { name: 'Add a passkey' }).click()
        await page.waitForURL('/')
        await ask('POST', '/logout', {})
        await page.goto('/login?to=/settings')
        await page.getByRole('button', { name: 'Log in with a passkey' }).click()
        await page.getByText('My laptop').waitFor()
        expect(await ask('GET', '/whoami')).toMatchObject({ name: 'sora' })
        await page.getByRole('button', { name: 'Remove' }).click()
        await page.getByText('My laptop').waitFor({ state: 'detached' })
        await ask('POST', '/logout', {})
        await page.goto('/login?refused=oidc.failed')
        await page.getByRole('button', { name: 'Log in with a passkey' }).waitFor()
        expect(await violations(page)).toEqual([])
        await page.goto(nao.link)
        await page.getByRole('button', { name: 'Add a passkey' }).waitFor()
        expect(await violations(page)).toEqual([])
      },
    )
  },
)
