// The audit: who did what, through which face, and what was refused.
import type { Text } from '../text.ts'

export const audit = {
  list: { en: 'Show who did what, and what was refused', ja: '誰が何をしたか、何が拒否されたかを表示する' },
  export: { en: 'Write all of it to a file: CSV, or JSON lines', ja: '監査記録をすべて書き出す (CSV または JSON Lines)' },
  fieldFace: { en: 'Through what: cli, http, slack, webhook, worker', ja: '経路: cli、http、slack、webhook、worker' },
  fieldFormat: { en: 'csv or ndjson', ja: 'csv または ndjson' },
  nothing: { en: 'Nobody did anything of the kind', ja: '該当する記録はありません' } satisfies Text,
}
