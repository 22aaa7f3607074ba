import { type Tone, toneText } from './tone.ts'

/** The sign of a tone: a shape of its own for each, so that it is read without colours too. */
export function Mark({ tone, size = 10 }: { tone: Tone; size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 10 10" className={`inline-block shrink-0 ${toneText[tone]}`}>
      {shapes[tone]}
    </svg>
  )
}

const shapes: Record<Tone, React.ReactNode> = {
  good: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  warn: <path d="M5 .5 9.5 5 5 9.5.5 5Z" fill="currentColor" />,
  bad: <path d="M5 .8 9.6 9H.4Z" fill="currentColor" />,
  busy: (
    <>
      <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="1.6" opacity=".35" />
      <path
        d="M5 1a4 4 0 0 1 4 4"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        className="origin-center animate-spin"
      />
    </>
  ),
  muted: <circle cx="5" cy="5" r="3.2" fill="none" stroke="currentColor" strokeWidth="1.6" />,
}
