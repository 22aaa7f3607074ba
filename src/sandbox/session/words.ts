/** A command as its words: spaces part them, quotes and backslashes keep them together, as in a shell that expands nothing. */
export function words(command: string): string[] {
  const found: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < command.length; at++) {
    const letter = command.charAt(at)
    if (quote === "'" ? letter === "'" : quote === '"' && letter === '"') quote = ''
    else if (quote === '' && (letter === "'" || letter === '"')) {
      quote = letter
      word ??= ''
    } else if (letter === '\\' && quote !== "'") {
      const next = command.charAt(++at)
      // Between double quotes a backslash is one, unless it stands before what would end or change the word.
      word = (word ?? '') + (quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next)
    } else if (quote === '' && /\s/.test(letter)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else word = (word ?? '') + letter
  }
  return word === undefined ? found : [...found, word]
}
