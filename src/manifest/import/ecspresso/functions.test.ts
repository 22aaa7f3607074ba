import { expect, test } from 'vitest'
import { resolved } from './functions.ts'

const state = {
  version: 4,
  outputs: { url: { value: 'https://example.com' }, many: { value: ['a', 'b'] } },
  resources: [
    { mode: 'managed', type: 'aws_iam_role', name: 'task', instances: [{ attributes: { arn: 'arn:role/task' } }] },
    { mode: 'data', type: 'aws_vpc', name: 'main', instances: [{ attributes: { id: 'vpc-1' } }] },
    {
      module: 'module.net',
      mode: 'managed',
      type: 'aws_subnet',
      name: 'private',
      instances: [
        { index_key: 'a', attributes: { id: 'subnet-a' } },
        { index_key: 'c', attributes: { id: 'subnet-c' } },
      ],
    },
    { mode: 'managed', type: 'aws_sg', name: 'web', instances: [{ index_key: 0, attributes: { id: 'sg-0' } }] },
  ],
}
const plain = (text: string, env: Record<string, string> = {}) => resolved(text, { env, state })

test('a variable is that which is given, and never one of this process', () => {
  expect(plain('"x:{{ must_env `TAG` }}"', { TAG: 'v1' }).text).toBe('"x:v1"')
  expect(plain('"{{ must_env `PATH` }}"').missing).toEqual([{ line: 1, column: 2, call: '{{ must_env `PATH` }}', isKnown: true }])
  expect(plain('"{{ env `LEVEL` `info` }}/{{env "NONE" ""}}"').text).toBe('"info/"')
  expect(plain('"{{ env `LEVEL` `info` }}"', { LEVEL: 'say "x"' }).text).toBe('"say \\"x\\""')
})

test('a state of Terraform gives attributes, outputs, and what stands in modules or under keys', () => {
  const value = (address: string) => plain(`{{ tfstate \`${address}\` }}`).text
  expect(value('aws_iam_role.task.arn')).toBe('arn:role/task')
  expect(value('data.aws_vpc.main.id')).toBe('vpc-1')
  expect(value("module.net.aws_subnet.private['c'].id")).toBe('subnet-c')
  expect(value('aws_sg.web[0].id')).toBe('sg-0')
  expect(value('output.url')).toBe('https://example.com')
  expect(value('output.many[1]')).toBe('b')
})

test('what cannot be resolved stays as it is written and is told with its place', () => {
  const { text, missing } = plain('{\n  "a": "{{ tfstate `aws_x.y.z` }}",\n  "b": "{{ ssm "/x" }}"\n}')
  expect(missing).toEqual([
    { line: 2, column: 9, call: '{{ tfstate `aws_x.y.z` }}', isKnown: true },
    { line: 3, column: 9, call: '{{ ssm "/x" }}', isKnown: false },
  ])
  expect(JSON.parse(text)).toEqual({ a: '{{ tfstate `aws_x.y.z` }}', b: '{{ ssm `/x` }}' })
})
