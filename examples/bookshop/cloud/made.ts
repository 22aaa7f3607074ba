export interface Made {
  /** `cluster`, `target group`, `role` … */
  kind: string
  name: string
  /** False when it was there already. */
  isNew: boolean
}

/** Runs `make` unless it fails with an error of that name, which says that the thing is there already. */
export async function unlessThere(error: string, kind: string, name: string, make: () => Promise<unknown>): Promise<Made> {
  try {
    await make()
    return { kind, name, isNew: true }
  } catch (cause) {
    if (cause instanceof Error && cause.name === error) return { kind, name, isNew: false }
    throw cause
  }
}
