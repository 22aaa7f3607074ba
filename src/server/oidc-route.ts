// Where a company's provider sends a browser back to: the one route that is no operation, since it answers with a place to go.
import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { KibanError } from '../core/error.ts'
import { newId } from '../core/ids.ts'
import { ownPlace } from '../core/own-place.ts'
import { type Application, NOBODY } from './api.ts'
import { cookieName, cookieOptions, credentialOf, flowCookieName } from './caller.ts'

const MAX_ANSWER_CHARACTERS = 8_000

export function oidcRoute(application: Application): Hono {
  const { publicUrl } = application
  const app = new Hono()
  app.get('/auth/oidc/callback', async (c) => {
    const requestId = newId('req')
    const options = cookieOptions(publicUrl)
    const flow = getCookie(c, flowCookieName(publicUrl))
    deleteCookie(c, flowCookieName(publicUrl), options)
    c.header('cache-control', 'no-store')
    // The code is in the address of this page, and is told to nobody.
    c.header('referrer-policy', 'no-referrer')
    try {
      const credential = credentialOf(c.req.raw.headers, publicUrl)
      const actor = credential?.by === 'cookie' ? await application.identify(credential) : undefined
      const answer = new URL(c.req.url).search.slice(0, MAX_ANSWER_CHARACTERS)
      const opened = (await application.call(
        'oidc.finish',
        { flow: flow ?? 'none', answer },
        {
          actor: actor ? { ...actor, face: 'http' } : NOBODY,
          signal: c.req.raw.signal,
          requestId,
          environment: undefined,
          agent: c.req.header('user-agent'),
          publicUrl,
        },
      )) as { secret: string; expiresAt: number; to: string }
      setCookie(c, cookieName(publicUrl), opened.secret, { ...options, expires: new Date(opened.expiresAt) })
      return c.redirect(ownPlace(opened.to), 303)
    } catch (error) {
      const { kind, code } = error instanceof KibanError ? error : { kind: 'internal', code: 'internal' }
      // A provider that is out of reach concerns whoever runs this; a login that was refused is everyday.
      if (kind === 'internal' || kind === 'unavailable') application.failed(error, requestId)
      return c.redirect(`/login?refused=${encodeURIComponent(code)}`, 303)
    }
  })
  return app
}
