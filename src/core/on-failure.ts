/** What becomes of a workflow when a step of it does not succeed. */
export const onFailures = ['stop', 'continue', 'rollback'] as const
