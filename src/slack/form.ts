// The form of /kiban deploy: product, then environment, branch or tag, and what; then the plan, and its confirmation.
// https://docs.slack.dev/surfaces/modals
import type { KnownBlock, ModalView } from '@slack/types'
import { slack as text } from '../core/messages/slack.ts'
import type { Language } from '../core/text.ts'
import { type Message, plainText, section } from './message.ts'

export interface ShownProduct {
  name: string
  environments: { name: string }[]
  services: string[]
}

/** What the form hands on from view to view. */
export interface FormPlace {
  channel: string
  channelName?: string
}

const MAX_OPTIONS = 100
const option = (label: string, value = label) => ({ text: plainText(label), value: value.slice(0, 150) })

/** The first view asks for the product alone; with one, for the rest. */
export function formView(
  place: FormPlace,
  products: readonly ShownProduct[],
  chosen: { product: ShownProduct; workflows: readonly string[] } | undefined,
  language: Language,
): ModalView {
  const options = products.slice(0, MAX_OPTIONS).map(({ name }) => option(name))
  const blocks: KnownBlock[] =
    options.length === 0
      ? [section(text.formNone[language])]
      : [
          {
            type: 'input',
            block_id: 'product',
            label: plainText(text.formProduct[language]),
            dispatch_action: true,
            element: {
              type: 'static_select',
              action_id: 'kiban:product',
              options,
              ...(chosen ? { initial_option: option(chosen.product.name) } : {}),
            },
          },
          ...(chosen ? restOf(chosen, language) : []),
        ]
  return {
    type: 'modal',
    callback_id: 'kiban:form',
    private_metadata: JSON.stringify(place),
    title: plainText(text.formTitle[language]),
    close: plainText(text.leave[language]),
    ...(chosen ? { submit: plainText(text.formPlan[language]) } : {}),
    blocks,
  }
}

function restOf(
  { product, workflows }: { product: ShownProduct; workflows: readonly string[] },
  language: Language,
): KnownBlock[] {
  const targets = [
    option(text.formAll[language], 'all'),
    ...workflows.map((name) => option(text.formWorkflow(name)[language], `workflow:${name}`)),
    ...product.services.map((name) => option(name, `service:${name}`)),
  ].slice(0, MAX_OPTIONS)
  return [
    {
      type: 'input',
      block_id: 'env',
      label: plainText(text.formEnvironment[language]),
      element: {
        type: 'static_select',
        action_id: 'value',
        options: product.environments.slice(0, MAX_OPTIONS).map(({ name }) => option(name)),
      },
    },
    {
      type: 'input',
      block_id: 'ref',
      label: plainText(text.formRef[language]),
      optional: true,
      element: { type: 'plain_text_input', action_id: 'value', max_length: 200, placeholder: plainText('main') },
    },
    {
      type: 'input',
      block_id: 'target',
      label: plainText(text.formTarget[language]),
      element: {
        type: 'static_select',
        action_id: 'value',
        options: targets,
        initial_option: targets[0] as ReturnType<typeof option>,
      },
    },
    {
      type: 'input',
      block_id: 'reason',
      label: plainText(text.formReason[language]),
      optional: true,
      element: { type: 'plain_text_input', action_id: 'value', max_length: 500 },
    },
  ]
}

type Values = Record<string, Record<string, { value?: string | null; selected_option?: { value: string } | null }>>

/** The operation that a form asks for. */
export function ofForm(values: Values): { operation: string; input: Record<string, unknown> } {
  const selected = (block: string, action = 'value') => values[block]?.[action]?.selected_option?.value ?? ''
  const typed = (block: string) => values[block]?.value?.value?.trim() || undefined
  const [kind, name = ''] = selected('target').split(':')
  const common = {
    product: selected('product', 'kiban:product'),
    env: selected('env'),
    ref: typed('ref'),
    reason: typed('reason'),
  }
  const given = Object.fromEntries(Object.entries(common).filter(([, value]) => value !== undefined))
  if (kind === 'workflow') return { operation: 'workflow.run', input: { ...given, workflow: name } }
  return { operation: 'deployment.start', input: { ...given, ...(kind === 'service' ? { services: [name] } : {}) } }
}

export const waitingView = (language: Language): ModalView => ({
  type: 'modal',
  callback_id: 'kiban:waiting',
  title: plainText(text.formTitle[language]),
  blocks: [section(text.planning[language])],
})

export const agreeView = ({ blocks }: Message, request: string, language: Language): ModalView => ({
  type: 'modal',
  callback_id: 'kiban:agree',
  private_metadata: request,
  title: plainText(text.formTitle[language]),
  submit: plainText(text.goOn[language]),
  close: plainText(text.leave[language]),
  blocks,
})

export const problemView = ({ blocks }: Message, language: Language): ModalView => ({
  type: 'modal',
  callback_id: 'kiban:problem',
  title: plainText(text.formTitle[language]),
  close: plainText(text.leave[language]),
  blocks,
})
