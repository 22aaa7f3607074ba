// What is Slack's own: its addresses, and its answers that no other try would change.
import type { SlackWork } from './work.ts'

/** Where Slack takes answers; what stands in Slack's place takes its own. */
export function isSlacks(responseUrl: string, { settings }: Pick<SlackWork, 'settings'>): boolean {
  const origin = URL.parse(responseUrl)?.origin
  return origin === 'https://hooks.slack.com' || origin === new URL(settings.apiUrl).origin
}

/** Slack has answered, and would answer the same again: a form that was closed, a channel without kiban. */
export const isSlacksNo = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 'slack_webapi_platform_error'
