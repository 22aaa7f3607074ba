import type { ReactNode } from 'react'
import { Mark } from './mark.tsx'
import { type Tone, toneSoft } from './tone.ts'

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-sm font-medium whitespace-nowrap ${toneSoft[tone]}`}
    >
      <Mark tone={tone} size={9} />
      {children}
    </span>
  )
}
