// The errors by which CloudWatch Logs refuses a member that its model does not allow.
import { AwsError } from '../cloud.ts'

export function constraintError(value: unknown, member: string, constraint: string): AwsError {
  const text = `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`
  return new AwsError('InvalidParameterException', text)
}

export function pageSize(limit: number | undefined, most: number): number {
  if (limit === undefined) return most
  if (limit > most) throw constraintError(limit, 'limit', `Member must have value less than or equal to ${most}`)
  if (limit < 1) throw constraintError(limit, 'limit', 'Member must have value greater than or equal to 1')
  return limit
}

export const invalidToken = (): never => {
  throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.')
}
