import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { Button } from './button.tsx'

/** The way to the next page of a list; nothing on the last. */
export function More({ of }: { of: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown } }) {
  const { words } = useWords()
  if (!of.hasNextPage) return null
  return (
    <div className="border-t border-line p-3 text-center">
      <Button disabled={of.isFetchingNextPage} onClick={() => of.fetchNextPage()}>
        {words(pages.more)}
      </Button>
    </div>
  )
}
