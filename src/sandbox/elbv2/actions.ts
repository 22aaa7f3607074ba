// Actions of listeners and rules: checked and completed as AWS gives them back.
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError } from '../cloud.ts'
import { forwardedTo, invalid, loadBalancersOf, type Records, targetGroupAt } from './records.ts'

const FORWARD_GROUPS_MAX = 5
const WEIGHT_MAX = 999
const BODY_LENGTH_MAX = 1024
const CONTENT_TYPES = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']

/** One action of the three simulated types; those that authenticate are refused. */
export function completedActions(kept: Records, loadBalancerArn: string, actions: Action[] | undefined): Action[] {
  const [action, ...more] = actions ?? []
  if (!action) throw invalid('An action must be specified')
  if (more.length > 0) {
    throw new AwsError(
      'InvalidLoadBalancerActionException',
      'Only one action per rule is simulated (no authentication before it)',
    )
  }
  const order = action.Order === undefined ? {} : { Order: action.Order }
  if (action.Type === 'forward') return [{ Type: 'forward', ...order, ...forward(kept, loadBalancerArn, action) }]
  if (action.Type === 'fixed-response') return [{ Type: action.Type, ...order, FixedResponseConfig: fixedResponse(action) }]
  if (action.Type === 'redirect') return [{ Type: action.Type, ...order, RedirectConfig: redirect(action) }]
  throw new AwsError('InvalidLoadBalancerActionException', `The action type '${action.Type}' is not valid with HTTP listeners`)
}

function forward(kept: Records, loadBalancerArn: string, action: Action) {
  const groups = forwardedTo(action)
  if (groups.length === 0) throw invalid('A target group must be specified')
  if (groups.length > FORWARD_GROUPS_MAX) {
    throw new AwsError(
      'TooManyUniqueTargetGroupsPerLoadBalancerException',
      `A forward action can have at most ${FORWARD_GROUPS_MAX} target groups`,
    )
  }
  if (action.ForwardConfig?.TargetGroupStickinessConfig?.Enabled) {
    throw new AwsError('InvalidConfigurationRequestException', 'Stickiness of target groups is not simulated')
  }
  for (const { arn, weight } of groups) {
    targetGroupAt(kept, arn)
    mustBeWeight(weight)
    if (loadBalancersOf(kept, arn).some((other) => other !== loadBalancerArn)) {
      throw new AwsError(
        'TargetGroupAssociationLimitException',
        `The following target groups cannot be associated with more than one load balancer: ${arn}`,
      )
    }
  }
  return forwardTo(groups)
}

/** A forward action's members, `TargetGroupArn` where there is but one group. */
export function forwardTo(groups: { arn: string; weight: number }[]): Pick<Action, 'TargetGroupArn' | 'ForwardConfig'> {
  return {
    ...(groups.length === 1 && groups[0] ? { TargetGroupArn: groups[0].arn } : {}),
    ForwardConfig: {
      TargetGroups: groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
      TargetGroupStickinessConfig: { Enabled: false },
    },
  }
}

export function mustBeWeight(weight: number): void {
  if (!Number.isInteger(weight) || weight < 0 || weight > WEIGHT_MAX) {
    throw invalid(`The weight of a target group must be between 0 and ${WEIGHT_MAX}`)
  }
}

function fixedResponse(action: Action) {
  const { StatusCode = '', ContentType, MessageBody } = action.FixedResponseConfig ?? {}
  if (!/^[245]\d\d$/.test(StatusCode)) throw invalid("The status code of a fixed response must match '^(2|4|5)\\d\\d$'")
  if ((MessageBody?.length ?? 0) > BODY_LENGTH_MAX) {
    throw invalid(`The message body of a fixed response cannot be longer than ${BODY_LENGTH_MAX} characters`)
  }
  if (ContentType !== undefined && !CONTENT_TYPES.includes(ContentType)) {
    throw invalid(`The content type of a fixed response must be one of ${CONTENT_TYPES.join(', ')}`)
  }
  return { StatusCode, ContentType, MessageBody }
}

function redirect(action: Action) {
  const given = action.RedirectConfig
  const config = {
    Protocol: given?.Protocol ?? '#{protocol}',
    Host: given?.Host ?? '#{host}',
    Port: given?.Port ?? '#{port}',
    Path: given?.Path ?? '/#{path}',
    Query: given?.Query ?? '#{query}',
    StatusCode: given?.StatusCode,
  }
  if (config.StatusCode !== 'HTTP_301' && config.StatusCode !== 'HTTP_302') {
    throw invalid("The status code of a redirect must be one of 'HTTP_301, HTTP_302'")
  }
  const same =
    /^(#\{protocol\}|HTTP)$/.test(config.Protocol) &&
    config.Host === '#{host}' &&
    config.Port === '#{port}' &&
    config.Path === '/#{path}'
  if (same) {
    throw new AwsError('InvalidLoadBalancerActionException', 'The redirect configuration is not valid because it creates a loop.')
  }
  return config
}
