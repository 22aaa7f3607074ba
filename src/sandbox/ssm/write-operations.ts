import { AwsError, type Cloud } from '../cloud.ts'
import { latest, type Parameter } from './parameter.ts'
import { type ParameterStore, versionNotFound } from './parameter-store.ts'
import { putParameter } from './put-parameter.ts'
import type { SsmHandlers } from './ssm.ts'

const MAXIMUM_LABELS = 10

export function writeOperations(cloud: Cloud, store: ParameterStore): SsmHandlers {
  return {
    PutParameter: (input, call) => putParameter(cloud, store, input, call),

    DeleteParameter(input) {
      store.parameters.delete(store.existing(input.Name as string).name)
      return {}
    },

    DeleteParameters(input) {
      const names = [...new Set(input.Names)]
      const deleted = names.filter((name) => store.parameters.delete(name))
      return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) }
    },

    LabelParameterVersion(input) {
      const parameter = store.existing(input.Name as string)
      const number = input.ParameterVersion ?? latest(parameter).version
      const labels = input.Labels ?? []
      const invalid = labels.filter((label) => !isLabel(label))
      if (invalid.length === 0) store.parameters.set(parameter.name, labelled(parameter, number, labels))
      return { InvalidLabels: invalid, ParameterVersion: number }
    },

    UnlabelParameterVersion(input) {
      const parameter = store.existing(input.Name as string)
      const version = versionOf(parameter, input.ParameterVersion as number)
      const labels = input.Labels ?? []
      const removed = labels.filter((label) => version.labels.includes(label))
      const versions = parameter.versions.map((one) =>
        one === version ? { ...one, labels: one.labels.filter((label) => !removed.includes(label)) } : one,
      )
      store.parameters.set(parameter.name, { ...parameter, versions })
      return { RemovedLabels: removed, InvalidLabels: labels.filter((label) => !removed.includes(label)) }
    },
  }
}

function versionOf(parameter: Parameter, number: number) {
  const version = parameter.versions.find((one) => one.version === number)
  if (!version) throw versionNotFound(parameter.name, number)
  return version
}

// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
function isLabel(label: string): boolean {
  return /^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$/.test(label) && !/^(aws|ssm)/i.test(label)
}

/** A label sits on one version at a time: it moves here from wherever it was. */
function labelled(parameter: Parameter, number: number, labels: string[]): Parameter {
  const version = versionOf(parameter, number)
  const all = [...new Set([...version.labels, ...labels])]
  if (all.length > MAXIMUM_LABELS) {
    throw new AwsError('ParameterVersionLabelLimitExceeded', 'A parameter version can have a maximum of ten labels.')
  }
  const versions = parameter.versions.map((one) =>
    one === version ? { ...one, labels: all } : { ...one, labels: one.labels.filter((label) => !labels.includes(label)) },
  )
  return { ...parameter, versions }
}
