/** Whether a text matches a pattern in which `*` stands for any characters and `?` for exactly one. */
export const matchesWildcard = (pattern: string, text: string): boolean => matches(pattern, text, '?')

/** The same with `*` alone. */
export const matchesStars = (pattern: string, text: string): boolean => matches(pattern, text, undefined)

/** Linear in memory and at worst quadratic in time, so that no pattern can stall the sandbox. */
function matches(pattern: string, text: string, one: string | undefined): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let place = 0
  while (at < text.length) {
    if (pattern[place] === '*') {
      star = place++
      resume = at
    } else if (place < pattern.length && (pattern[place] === one || pattern[place] === text[at])) {
      place++
      at++
    } else if (star >= 0) {
      place = star + 1
      at = ++resume
    } else {
      return false
    }
  }
  while (pattern[place] === '*') place++
  return place === pattern.length
}
