/** Stands for whatever server this is; nothing is found there. */
const HERE = 'http://here.invalid'

/**
 * Only a place of our own, read as a browser reads it, which takes `/\evil`, `//evil` and `/<tab>/evil` for other hosts:
 * https://url.spec.whatwg.org/#url-parsing. Anything else is `/`.
 */
export function ownPlace(to: string | undefined): string {
  const url = to?.startsWith('/') ? URL.parse(to, HERE) : undefined
  return url?.origin === HERE ? `${url.pathname}${url.search}${url.hash}`.replace(/^\/{2,}/, '/') : '/'
}
