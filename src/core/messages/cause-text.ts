import type { Text } from '../text.ts'

/** How one class of causes is told: in a word for lists, in a sentence, and the one thing to do next. */
export interface CauseText<Names> {
  word: Text
  title: (names: Names) => Text
  next: (names: Names) => Text
}

/** What a class is told with when it names nothing. */
export type NoNames = Record<never, never>

/** Fixes the type of the names that a cause's words are made with. */
export const told = <Names = NoNames>(
  word: Text,
  title: (names: Names) => Text,
  next: (names: Names) => Text,
): CauseText<Names> => ({ word, title, next })
