import type { Streams } from '../api/operations.generated.ts'
import { useWords } from '../words/language.ts'

type Problem = NonNullable<Streams['deployment.watch']['output']['deployment']['error']>

/** What went wrong, or holds something up, in the reader's language. */
export function ProblemWords(problem: Pick<Problem, 'text' | 'hint' | 'details'>) {
  const { text, hint, details = [] } = problem
  const { language } = useWords()
  return (
    <>
      <p className="font-semibold">{text[language]}</p>
      {details.map((detail) => (
        <p key={detail.en}>{detail[language]}</p>
      ))}
      {hint && <p className="mt-1">{hint[language]}</p>}
    </>
  )
}
