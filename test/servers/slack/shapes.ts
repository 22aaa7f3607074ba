// What Slack takes, with its limits. https://docs.slack.dev/reference/block-kit https://docs.slack.dev/reference/views/modal-views
import { z } from 'zod'

const plain = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() })
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max), verbatim: z.boolean().optional() })
const Option = z.strictObject({ text: plain(75), value: z.string().min(1).max(150) })
const actionId = z.string().min(1).max(255)
const Confirm = z.strictObject({ title: plain(100), text: plain(300), confirm: plain(30), deny: plain(30) })
const Button = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: actionId,
  value: z.string().max(2_000).optional(),
  url: z.url().max(3_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: Confirm.optional(),
})
const Select = z.strictObject({
  type: z.literal('static_select'),
  action_id: actionId,
  options: z.array(Option).min(1).max(100),
  initial_option: Option.optional(),
})
const TextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  action_id: actionId,
  max_length: z.int().min(1).max(3_000).optional(),
  placeholder: plain(150).optional(),
})
const Block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('section'), text: mrkdwn(3_000) }),
  z.strictObject({ type: z.literal('context'), elements: z.array(mrkdwn(2_000)).min(1).max(10) }),
  z
    .strictObject({ type: z.literal('actions'), elements: z.array(Button).min(1).max(25) })
    // Within a block each is told from the others.
    .refine(({ elements }) => new Set(elements.map((one) => one.action_id)).size === elements.length),
  z.strictObject({
    type: z.literal('input'),
    block_id: z.string().max(255),
    label: plain(2_000),
    element: z.discriminatedUnion('type', [Select, TextInput]),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
  }),
])
export const Blocks = z.array(Block).max(50)

export const Modal = z
  .strictObject({
    type: z.literal('modal'),
    callback_id: z.string().max(255),
    private_metadata: z.string().max(3_000).optional(),
    title: plain(24),
    submit: plain(24).optional(),
    close: plain(24).optional(),
    blocks: z.array(Block).max(100),
  })
  // A form without a way to send it is refused, unless its inputs tell of themselves.
  .refine(({ submit, blocks }) => submit !== undefined || blocks.every((one) => one.type !== 'input' || one.dispatch_action))
