// What the command line says of a server that it works with.
import type { Text } from '../text.ts'

export const remote = {
  unreachable: (url: string): Text => ({
    en: `The kiban server at ${url} does not answer`,
    ja: `${url} の kiban サーバーが応答しません`,
  }),
  strangeAnswer: (url: string, status: number): Text => ({
    en: `${url} answered ${status}, and not as kiban does`,
    ja: `${url} が ${status} を返しましたが、kiban の応答ではありません`,
  }),
  unreachableHint: {
    en: 'Check the address and the network; `kiban logout` goes back to working without a server',
    ja: 'アドレスとネットワークを確認してください。`kiban logout` でサーバーなしの動作に戻ります',
  } satisfies Text,
}
