import { AwsError } from '../cloud.ts'
import type { Context } from './condition.ts'
import type { Directory, Identity } from './directory.ts'
import { concerns, decisionOf } from './evaluation.ts'
import type { IamHandlers } from './iam-answer.ts'
import { type Statement, statementsOf } from './policy.ts'

/** The policy simulator: the evaluator that guards every request, asked in advance. */
export function simulateOperations(directory: Directory): IamHandlers {
  function identity(arn: string): Identity {
    const users = [...directory.users.values()].find((user) => user.arn === arn)
    const found = users ?? directory.roleByArn(arn)
    if (!found) throw new AwsError('NoSuchEntityException', `Entity ${arn} cannot be found.`)
    return found
  }

  return {
    SimulatePrincipalPolicy({ PolicySourceArn = '', ActionNames = [], ResourceArns, ContextEntries, PolicyInputList }) {
      const added = (PolicyInputList ?? []).flatMap((document) => statementsOf(document, 'identity'))
      const statements = [...directory.statements(identity(PolicySourceArn)), ...added]
      const context: Context = { 'aws:principalarn': PolicySourceArn }
      for (const { ContextKeyName = '', ContextKeyValues = [] } of ContextEntries ?? []) {
        context[ContextKeyName.toLowerCase()] = ContextKeyValues.length === 1 ? ContextKeyValues[0] : ContextKeyValues
      }
      const resources = ResourceArns && ResourceArns.length > 0 ? ResourceArns : ['*']
      const EvaluationResults = ActionNames.flatMap((action) =>
        resources.map((resource) => evaluation(statements, { action, resource, context })),
      )
      return { EvaluationResults, IsTruncated: false }
    },
  }
}

function evaluation(statements: Statement[], request: { action: string; resource: string; context: Context }) {
  const matched = statements.filter((statement) => concerns(statement, request))
  return {
    EvalActionName: request.action,
    EvalResourceName: request.resource,
    EvalDecision: decisionOf(statements, request),
    MatchedStatements: matched.map(({ sid }) => ({ SourcePolicyId: sid ?? 'statement' })),
    MissingContextValues: [],
  }
}
