import { Mark } from '../ui/mark.tsx'
import { clockTime } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import type { Item } from './deployment.tsx'

type Cause = NonNullable<Item['deployment']['causes']>[number]

/** Why it did not go well: the cause in a sentence, what was seen of it, and the one thing to do next. */
export function Causes({ causes }: { causes: readonly Cause[] }) {
  const { words, language } = useWords()
  return (
    <section aria-label={words(pages.why)} className="mb-4 grid gap-3">
      {causes.map((cause) => {
        const bad = cause.severity === 'failure'
        return (
          <article
            key={`${cause.class} ${cause.service} ${cause.subject}`}
            className={`rounded-panel border px-4 py-3 ${bad ? 'border-bad bg-bad-soft' : 'border-line bg-panel'}`}
          >
            <h2 className="flex items-center gap-2 font-semibold">
              <Mark tone={bad ? 'bad' : 'warn'} />
              {cause.service && <span>{cause.service}:</span>}
              {cause.title[language]}
              {cause.count > 1 && <span className="font-normal text-ink-muted">×{cause.count}</span>}
            </h2>
            {cause.evidence.length > 0 && (
              <details className="mt-2" open={bad}>
                <summary className="w-fit text-sm">{words(pages.evidence)}</summary>
                <ul className="mt-1 grid gap-0.5 font-mono text-sm">
                  {cause.evidence.map((line, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: lines may repeat, and never move
                    <li key={at} className="flex gap-3">
                      {line.at !== undefined && (
                        <time className="whitespace-nowrap text-ink-muted">{clockTime(line.at, language)}</time>
                      )}
                      <span className="min-w-0 break-all whitespace-pre-wrap">{line.text}</span>
                    </li>
                  ))}
                </ul>
              </details>
            )}
            <p className="mt-2">
              <span className="font-semibold">{words(pages.nextStep)}: </span>
              {cause.next[language]}
            </p>
          </article>
        )
      })}
    </section>
  )
}
