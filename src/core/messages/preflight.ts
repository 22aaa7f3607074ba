// What is said before a deployment changes anything.
import type { Text } from '../text.ts'

export const preflight = {
  /** `what` is a permission that is missing, or a place that kiban does not look into. */
  notChecked: (what: string): Text =>
    /^[a-z0-9]+:[A-Z]\w+$/.test(what)
      ? { en: `Not checked: no permission ${what}`, ja: `未確認: ${what} の権限がありません` }
      : { en: `Not checked: ${what}`, ja: `未確認: ${what}` },
  notReady: (count: number): Text => ({
    en: `${count === 1 ? 'One thing stands' : `${count} things stand`} in the way of this deployment`,
    ja: `このデプロイには ${count} 件の問題があります`,
  }),
  notReadyHint: {
    en: 'Nothing was changed. Put this right, then deploy again; kiban plan shows what is left',
    ja: '何も変更していません。問題を直してから再度デプロイしてください。残りは kiban plan で確認できます',
  } satisfies Text,
  detail: (service: string, title: Text, place: string, next: Text | undefined): Text => ({
    en: `${service === '' ? '' : `${service}: `}${title.en}${place === '' ? '' : ` (${place})`}${next ? ` – ${next.en}` : ''}`,
    ja: `${service === '' ? '' : `${service}: `}${title.ja}${place === '' ? '' : ` (${place})`}${next ? ` – ${next.ja}` : ''}`,
  }),
}
