import { ApiError } from '../api/client.ts'
import { useWords } from '../words/language.ts'
import { shell } from '../words/shell.ts'

/** Why something did not work, beside where it was tried. */
export function Refusal({ error }: { error: unknown }) {
  const { words, language } = useWords()
  if (!error) return null
  const problem = error instanceof ApiError ? error.problem : undefined
  return (
    <div role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-bad">
      <p className="font-medium">{problem ? problem.words.text[language] : words(shell.offline)}</p>
      {problem?.words.details.map((detail) => (
        <p key={detail.en}>{detail[language]}</p>
      ))}
      {problem?.words.hint && <p className="mt-1 text-sm">{problem.words.hint[language]}</p>}
    </div>
  )
}
