import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Identity } from '../capabilities/identity/identity.ts'
import { firstInvitation } from '../capabilities/identity/invitation.ts'
import { type OidcSettings, oidcSettings } from '../capabilities/identity/oidc-settings.ts'
import { identityOperations } from '../capabilities/identity/operations.ts'
import { identify } from '../capabilities/identity/session.ts'
import { realClock } from '../core/clock.ts'
import type { Operation } from '../core/operation.ts'
import { runner } from '../core/runner.ts'
import { openDatabase } from '../database/open-database.ts'
import { type Server, startServer } from './server.ts'

interface Account {
  email?: string
  email_verified?: boolean
  name?: string
  preferred_username?: string
  groups?: string[]
}

let identity: Identity
let server: Server
let provider: HttpServer
let issuer: string
let settings: OidcSettings | undefined
let admin: string
/** Who the provider finds at its door. */
let visitor = 'haru-1'
const accounts: Record<string, Account> = {}
const logged: string[] = []

beforeAll(async () => {
  identity = {
    database: await openDatabase({}),
    clock: realClock,
    seal: () => Promise.reject(new Error('no passwords here')),
    oidc: () => settings,
  }
  const operations: Operation[] = identityOperations({ identity: async () => identity }, () => operations)
  server = await startServer({
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    consoleFolder: undefined,
    openapi: {},
    operations,
    ...runner(operations),
    identify: ({ secret }) => identify(identity, secret),
    ready: async () => {},
    log: (_, message, fields) => logged.push(JSON.stringify({ message, ...fields })),
  })
  provider = createServer()
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  serve(provider)
  const link = await firstInvitation(identity)
  const answer = await fetch(`${server.url}/api/v1/login/invitation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link }),
  })
  admin = ((await answer.json()) as { secret: string }).secret
})
afterAll(async () => {
  await server.close()
  await identity.database.close()
  await closed()
})
beforeEach(() => {
  settings = configured({})
  visitor = 'haru-1'
})

const configured = (more: Record<string, string>) =>
  oidcSettings({
    KIBAN_OIDC_ISSUER: issuer,
    KIBAN_OIDC_CLIENT_ID: 'kiban',
    KIBAN_OIDC_CLIENT_SECRET: 'a secret of kiban',
    ...more,
  })
const closed = () =>
  new Promise((resolve) => {
    provider.close(resolve)
    provider.closeAllConnections()
  })

/** A real provider that lets in whoever the test says, without asking. */
function serve(http: HttpServer): void {
  const of = new Provider(issuer, {
    clients: [
      {
        client_id: 'kiban',
        client_secret: 'a secret of kiban',
        redirect_uris: [`${server.url}/auth/oidc/callback`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    cookies: { keys: ['a key of a test'] },
    // Said, so that the provider does not warn of its defaults.
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts[sub] }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new of.Grant({ clientId: 'kiban', accountId: oidc.session?.accountId ?? '' })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
  })
  const answer = of.callback()
  http.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      of.interactionFinished(request, response, { login: { accountId: visitor } })
      return
    }
    answer(request, response)
  })
}

/** As much of a browser as it takes: it keeps cookies for each origin, and goes where it is sent. */
class Browser {
  readonly cookies: Record<string, Record<string, string>> = {}

  async send(url: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Response> {
    const jar = this.jar(new URL(url).origin)
    const cookie = Object.entries(jar)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, ...(cookie ? { cookie } : {}) } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) delete jar[name]
      else jar[name] = value
    }
    return answer
  }

  get own() {
    return this.jar(server.url)
  }

  jar(origin: string): Record<string, string> {
    const jar = this.cookies[origin] ?? {}
    this.cookies[origin] = jar
    return jar
  }

  async begin(input: object = {}): Promise<string> {
    const answer = await this.send(`${server.url}/api/v1/login/oidc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify(input),
    })
    const said = (await answer.json()) as { url: string; code?: string }
    return said.url ?? said.code
  }

  /** From the provider's page to the address at which it sends back. */
  async answered(url: string): Promise<string> {
    let next = url
    while (!next.startsWith(server.url)) {
      const answer = await this.send(next)
      const place = answer.headers.get('location')
      if (!place) throw new Error(`${answer.status} ${await answer.text()}`)
      next = new URL(place, next).href
    }
    return next
  }

  /** Where a browser ends that comes back there. */
  async back(callback: string): Promise<string> {
    const answer = await this.send(callback)
    return `${answer.status} ${answer.headers.get('location')}`
  }

  async login(input: object = {}): Promise<string> {
    return this.back(await this.answered(await this.begin(input)))
  }

  async whoami(): Promise<{ name?: string; grants?: object[]; code?: string }> {
    return (await (await this.send(`${server.url}/api/v1/whoami`)).json()) as { name?: string }
  }
}

/** Comes in by an invitation. */
async function invited(name: string, email?: string): Promise<Browser> {
  const ask = (path: string, body: object, headers: Record<string, string>) => ({
    url: `${server.url}/api/v1${path}`,
    init: { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) },
  })
  const invitation = ask('/users', { name, email }, { authorization: `Bearer ${admin}` })
  const { link } = (await (await fetch(invitation.url, invitation.init)).json()) as { link: string }
  const browser = new Browser()
  const login = ask('/login/invitation', { link: new URL(link).hash.slice(1) }, { 'sec-fetch-site': 'same-origin' })
  await browser.send(login.url, login.init)
  return browser
}

test('whoever is not known is refused, and whoever is invited links the account and comes in by it from then on', async () => {
  expect(await new Browser().login()).toBe('303 /login?refused=oidc.unknown-user')
  const haru = await invited('haru')
  expect(await haru.login({ link: true, to: '/settings' })).toBe('303 /settings')
  const elsewhere = new Browser()
  expect(await elsewhere.login({ to: '/p/bookshop?env=staging' })).toBe('303 /p/bookshop?env=staging')
  expect(await elsewhere.whoami()).toMatchObject({ name: 'haru', grants: [] })
  const sora = await invited('sora')
  expect(await sora.login({ link: true })).toBe('303 /login?refused=oidc.linked')
  expect(await sora.whoami()).toMatchObject({ name: 'sora' })
  const told = await identity.database.query(
    `select distinct actor, face from events where type = 'user.linked' or (type = 'session.opened' and data->>'method' = 'oidc')`,
  )
  expect(told).toEqual([{ actor: 'haru', face: 'http' }])
})

test('the page of the login knows what the provider is called, and a browser sees no secret', async () => {
  settings = configured({ KIBAN_OIDC_NAME: 'Our company' })
  const browser = new Browser()
  expect(await (await browser.send(`${server.url}/api/v1/login/methods`)).json()).toEqual({
    password: true,
    passkey: false,
    oidc: { name: 'Our company' },
  })
  const answer = await browser.send(`${server.url}/api/v1/login/oidc`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  expect(Object.keys((await answer.json()) as object).sort()).toEqual(['expiresAt', 'url'])
  expect(answer.headers.get('set-cookie')).toMatch(/^kiban-login=kbf_.*HttpOnly.*SameSite=Lax/)
  const other = await browser.send(`${server.url}/api/v1/login/oidc`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site' },
  })
  expect(other.status).toBe(403)
})

test('what does not come back as it went out opens nothing', async () => {
  const refused = '303 /login?refused=oidc.failed'
  const callback = async (browser: Browser, change: (url: URL) => void = () => {}) => {
    const url = new URL(await browser.begin())
    change(url)
    return new URL(await browser.answered(url.href))
  }
  const fresh = () => new Browser()

  const state = fresh()
  const wrongState = await callback(state)
  wrongState.searchParams.set('state', 'another')
  expect(await state.back(wrongState.href)).toBe(refused)

  const nonce = fresh()
  const wrongNonce = await callback(nonce, (url) => url.searchParams.set('nonce', 'another'))
  expect(await nonce.back(wrongNonce.href)).toBe(refused)

  const challenge = fresh()
  const wrongChallenge = await callback(challenge, (url) => url.searchParams.set('code_challenge', 'A'.repeat(43)))
  expect(await challenge.back(wrongChallenge.href)).toBe(refused)

  const once = fresh()
  const good = await callback(once)
  const flow = { ...once.own }
  expect(await once.back(good.href)).toBe('303 /')
  // The same answer again, with the secret of its flow still in the browser; and its code in another flow.
  const thief = fresh()
  Object.assign(thief.own, flow)
  expect(await thief.back(good.href)).toBe(refused)
  const next = await callback(thief)
  next.searchParams.set('code', good.searchParams.get('code') ?? '')
  expect(await thief.back(next.href)).toBe(refused)
  expect(await fresh().back(good.href)).toBe(refused)

  for (const browser of [state, nonce, challenge, thief]) expect(await browser.whoami()).toMatchObject({ code: 'login.needed' })
})

test('a session from before the login never counts for whoever logs in', async () => {
  const attacker = await invited('umi')
  const planted = attacker.own.kiban ?? ''
  const victim = new Browser()
  victim.own.kiban = planted
  expect(await victim.login()).toBe('303 /')
  expect(victim.own.kiban).not.toBe(planted)
  expect([(await victim.whoami()).name, (await attacker.whoami()).name]).toEqual(['haru', 'umi'])
  const made = new Browser()
  made.own.kiban = `kbs_${'x'.repeat(43)}`
  await made.login()
  expect(await identify(identity, `kbs_${'x'.repeat(43)}`)).toBeUndefined()
})

test('a link that one session began is not finished in another', async () => {
  visitor = 'mallory-1'
  const mallory = await invited('mallory')
  const callback = await mallory.answered(await mallory.begin({ link: true }))
  const victim = await invited('nao')
  victim.own['kiban-login'] = mallory.own['kiban-login'] ?? ''
  expect(await victim.back(callback)).toBe('303 /login?refused=oidc.failed')
  expect(await new Browser().login()).toBe('303 /login?refused=oidc.unknown-user')
  expect(await new Browser().begin({ link: true })).toBe('login.no-server')
})

test('a login leads to our own pages alone', async () => {
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example'])
    expect(await new Browser().login({ to })).not.toContain('//')
  expect(await new Browser().login({ to: '//evil.example' })).toBe('303 /')
})

test('an address stands for its user only when it is verified, in a domain of ours, and of one user', async () => {
  settings = configured({ KIBAN_OIDC_DOMAINS: 'example.com' })
  await invited('yuki', 'Yuki@example.com')
  const comes = async (sub: string, account: Account) => {
    visitor = sub
    accounts[sub] = account
    const browser = new Browser()
    const place = await browser.login()
    return place === '303 /' ? (await browser.whoami()).name : place
  }
  const refused = '303 /login?refused=oidc.unknown-user'
  expect(await comes('y-1', { email: 'yuki@example.com', email_verified: false })).toBe(refused)
  expect(await comes('y-2', { email: 'yuki@example.com.evil.example', email_verified: true })).toBe(refused)
  expect(await comes('y-3', { email: 'yuki@example.com', email_verified: true })).toBe('yuki')
  expect(await comes('y-4', { email: 'yuki@example.com', email_verified: true })).toBe(refused)
  settings = configured({ KIBAN_OIDC_UNKNOWN: 'create' })
  expect(await comes('z-1', { preferred_username: 'Haru' })).toBe('haru-2')
})

test('roles follow the groups at each login', async () => {
  settings = configured({ KIBAN_OIDC_ROLES: 'platform=sre, shop=developer@bookshop/staging', KIBAN_OIDC_UNKNOWN: 'create' })
  visitor = 'aoi-1'
  const grants = async (groups: string[]) => {
    accounts[visitor] = { preferred_username: 'aoi', groups }
    const browser = new Browser()
    await browser.login()
    return (await browser.whoami()).grants
  }
  expect(await grants(['shop', 'others'])).toEqual([{ role: 'developer', product: 'bookshop', environment: 'staging' }])
  expect(await grants(['platform'])).toEqual([{ role: 'sre', product: '*', environment: '*' }])
  expect(await grants([])).toEqual([])
})

test('settings that cannot be meant are refused with their name', () => {
  for (const [name, value] of [
    ['KIBAN_OIDC_ISSUER', 'http://login.example.com'],
    ['KIBAN_OIDC_CLIENT_ID', ''],
    ['KIBAN_OIDC_ROLES', 'platform=king'],
    ['KIBAN_OIDC_UNKNOWN', 'maybe'],
  ] as const)
    expect(() => configured({ [name]: value })).toThrow(name)
  expect(oidcSettings({})).toBeUndefined()
})

test('no secret, code or token of a login is logged or on the timeline', async () => {
  const events = JSON.stringify(await identity.database.query('select * from events'))
  expect(events).toContain('user.linked')
  expect(`${events}${logged.join('')}`).not.toMatch(/kb[sf]_|code=|a secret of kiban/)
})

test('a provider that is out of reach is told as such', async () => {
  const browser = new Browser()
  const callback = await browser.answered(await browser.begin())
  await closed()
  expect(await browser.back(callback)).toBe('303 /login?refused=oidc.unavailable')
  settings = configured({})
  expect(await new Browser().begin()).toBe('oidc.unavailable')
})
