/** An input that cannot be meant, in words for whoever wrote the workflow. */
export class BadInput extends Error {}

/** Throws `BadInput`. */
export function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((one) => one === value)
  if (found === undefined) throw new BadInput(`${name}: one of ${values.join(', ')} is expected`)
  return found
}
