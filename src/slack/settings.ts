// Which Slack app kiban is: from the environment, by the names that Slack's own tools use.
import { KibanError } from '../core/error.ts'
import { slack as text } from '../core/messages/slack.ts'

export interface SlackSettings {
  signingSecret: string
  botToken: string
  /** Slack's API, with a slash at its end. */
  apiUrl: string
}

/** Undefined where kiban is no app of Slack's. Throws `slack.settings`. */
export function slackSettings(environment: NodeJS.ProcessEnv): SlackSettings | undefined {
  const signingSecret = environment.SLACK_SIGNING_SECRET ?? ''
  const botToken = environment.SLACK_BOT_TOKEN ?? ''
  if (signingSecret === '' && botToken === '') return undefined
  if (!/^[0-9a-zA-Z]{16,128}$/.test(signingSecret)) throw wrong('SLACK_SIGNING_SECRET')
  if (!/^xox[be]-[\w-]{8,255}$/.test(botToken)) throw wrong('SLACK_BOT_TOKEN')
  const url = URL.parse(environment.SLACK_API_URL || 'https://slack.com/api/')
  if (!url || !(url.protocol === 'https:' || url.hostname === '127.0.0.1')) throw wrong('SLACK_API_URL')
  return { signingSecret, botToken, apiUrl: url.href.replace(/\/?$/, '/') }
}

const wrong = (what: string): KibanError =>
  new KibanError('invalid', 'slack.settings', text.settings(what), { hint: text.settingsHint })
