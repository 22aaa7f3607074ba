// What the browser does with passkeys; loaded when somebody uses one.
import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { call } from './api/client.ts'

export async function enterByPasskey() {
  const { options, flow } = await call('login.challenge', {})
  const response = await startAuthentication({ optionsJSON: options as never })
  return call('login.passkey', { flow, response: { ...response } })
}

export async function addPasskey(name: string) {
  const { options, flow } = await call('passkey.begin', {})
  const response = await startRegistration({ optionsJSON: options as never })
  return call('passkey.add', { flow, name, response: { ...response } })
}
