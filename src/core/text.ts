/** Something a person reads, in every language of the product. A missing language does not compile. */
export interface Text {
  en: string
  ja: string
}

export type Language = keyof Text

export const languages = ['en', 'ja'] as const satisfies readonly Language[]

/** The reader's language by KIBAN_LANG, then the POSIX locale variables in their order; English otherwise. */
export function languageOf(env: NodeJS.ProcessEnv): Language {
  const locale = env.KIBAN_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return locale.toLowerCase().startsWith('ja') ? 'ja' : 'en'
}
