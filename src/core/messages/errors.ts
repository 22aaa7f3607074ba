// What the errors of the whole product say; errors of one capability stand in that capability's file beside this one.
import type { Text } from '../text.ts'

export const errors = {
  operationUnknown: (name: string): Text => ({ en: `There is no operation named ${name}`, ja: `${name} という操作はありません` }),
  operationUnknownHint: {
    en: '`kiban --help` and GET /api/openapi.json list all there are',
    ja: '`kiban --help` と GET /api/openapi.json に一覧があります',
  } satisfies Text,
  inputInvalid: (name: string): Text => ({
    en: `${name} was given something it cannot use`,
    ja: `${name} に使えない値が渡されました`,
  }),
  inputInvalidHint: (name: string): Text => ({
    en: `docs/cli.md and /api/openapi.json say what ${name} takes`,
    ja: `${name} に渡せる値は docs/cli.md と /api/openapi.json を参照してください`,
  }),
  permissionDenied: (actor: string, operation: string, place: string): Text => ({
    en: `${actor} may not run ${operation} on ${place}`,
    ja: `${actor} には ${place} で ${operation} を実行する権限がありません`,
  }),
  permissionDeniedHint: (operation: string): Text => ({
    en: `\`kiban can ${operation}\` says which role it takes; an SRE can give it to you`,
    ja: `必要な役割は \`kiban can ${operation}\` で確認し、SRE に付与を依頼してください`,
  }),
  internal: (reference: string): Text => ({
    en: `Something broke on our side (ref ${reference})`,
    ja: `kiban の内部で問題が起きました (参照番号 ${reference})`,
  }),
}
