/**
 * An error on its way to the wire: its code and status as the service model has them.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsqueryerror-trait
 */
import type { AwsError } from '../cloud.ts'
import type { Members } from './json-decode.ts'
import type { ErrorModel, Model } from './model.ts'
import type { Shape, StructureShape } from './shape.ts'

export interface Failure {
  /** The shape name, `TargetGroupNotFoundException`. */
  code: string
  /** What Query clients know it by, `TargetGroupNotFound`. */
  queryCode: string
  message: string
  status: number
  queryStatus: number
  fault: 'Sender' | 'Receiver'
  shape: StructureShape
  /** All members of the shape, the message among them under its own spelling. */
  members: Members
}

export function failureOf(error: AwsError, model: Model | undefined): Failure {
  const known = model && errorModel(model, error.code)
  const traits = known?.traits ?? {}
  const status = error.status ?? traits.httpError ?? (traits.error === 'server' ? 500 : 400)
  const shape = known ? withMessage(known.shape) : UNMODELLED
  const messageMember = shape.members.find((member) => member.name.toLowerCase() === 'message')
  return {
    code: known?.name ?? error.code,
    queryCode: traits.awsQueryError?.[0] ?? error.code,
    message: error.message,
    status,
    queryStatus: error.status ?? traits.awsQueryError?.[1] ?? status,
    fault: status >= 500 ? 'Receiver' : 'Sender',
    shape,
    members: { ...error.members, ...(messageMember && error.message !== '' && { [messageMember.name]: error.message }) },
  }
}

/** A handler may name an error by its shape or by its Query code. */
function errorModel(model: Model, code: string): ErrorModel | undefined {
  const byName = model.errors.get(code)
  if (byName) return byName
  for (const error of model.errors.values()) if (error.traits.awsQueryError?.[0] === code) return error
  return undefined
}

/** Many error shapes leave their message unmodelled; it is sent nonetheless. */
function withMessage(shape: StructureShape): StructureShape {
  if (shape.members.some((member) => member.name.toLowerCase() === 'message')) return shape
  return { ...shape, members: [...shape.members, ...UNMODELLED.members] }
}

const text: Shape = { kind: 'string', name: 'String' }
const UNMODELLED: StructureShape = {
  kind: 'structure',
  name: 'Error',
  traits: {},
  members: [{ name: 'message', shape: text, traits: {}, required: false }],
}
