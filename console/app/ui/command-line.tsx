import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { Button } from './button.tsx'

/** What does the same from a terminal, to be copied. */
export function CommandLine({ command }: { command: string }) {
  const { words } = useWords()
  const [copied, setCopied] = useState(false)
  return (
    <div className="flex items-center gap-2 rounded-lg border border-line bg-raised py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 break-words">{command}</code>
      <Button
        look="quiet"
        className="px-2"
        onClick={async () => {
          await navigator.clipboard.writeText(command)
          setCopied(true)
          setTimeout(() => setCopied(false), 2_000)
        }}
      >
        {copied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />}
        <span className="sr-only" role="status">
          {words(copied ? pages.copied : pages.copy)}
        </span>
      </Button>
    </div>
  )
}
