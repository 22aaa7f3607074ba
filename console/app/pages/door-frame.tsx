import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { chooseLanguage, useWords } from '../words/language.ts'
import { shell } from '../words/shell.ts'

/** Around the pages before one has logged in. */
export function DoorFrame({ title, children }: { title: string; children: ReactNode }) {
  const { language, words } = useWords()
  const other = language === 'ja' ? 'en' : 'ja'
  return (
    <main className="mx-auto grid min-h-dvh max-w-md content-center gap-6 px-4 py-8">
      <img src="/kiban.svg" alt="" width="40" height="40" />
      <Heading title={title} className="" />
      <div className="rounded-panel border border-line bg-panel p-5">{children}</div>
      <Button look="quiet" className="justify-self-start" lang={other} onClick={() => chooseLanguage(other)}>
        {words(other === 'ja' ? shell.toJapanese : shell.toEnglish)}
      </Button>
    </main>
  )
}
