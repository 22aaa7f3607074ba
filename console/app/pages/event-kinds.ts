/** The kinds of events, by the nouns of their types. */
export const KINDS = [
  'deployment',
  'rollout',
  'migration',
  'build',
  'task',
  'lock',
  'approval',
  'freeze',
  'product',
  'user',
  'grant',
  'session',
  'token',
  'audit',
]
