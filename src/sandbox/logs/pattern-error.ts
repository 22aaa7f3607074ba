/** A filter pattern that cannot be read; its message goes to the client. */
export class PatternError extends Error {}
