import type { Setting, SettingName } from '@aws-sdk/client-ecs'
import { type Context, type EcsHandlers, invalid, paged } from './context.ts'
import type { Engine } from './engine.ts'

/** The settings of a new account (Developer Guide, "Account settings"). They are kept and shown, and change nothing here. */
const DEFAULTS: Record<SettingName, string> = {
  awsvpcTrunking: 'disabled',
  containerInsights: 'disabled',
  containerInstanceLongArnFormat: 'enabled',
  defaultLogDriverMode: 'non-blocking',
  fargateEventWindows: 'disabled',
  fargateFIPSMode: 'disabled',
  fargateTaskRetirementWaitPeriod: '7',
  guardDutyActivate: 'off',
  serviceLongArnFormat: 'enabled',
  tagResourceAuthorization: 'off',
  taskLongArnFormat: 'enabled',
}

export function accountSettingOperations({ engine }: Context): EcsHandlers {
  const root = `arn:aws:iam::${engine.cloud.account}:root`
  const put = (name: string | undefined, value: string | undefined) => {
    if (name === undefined || !Object.hasOwn(DEFAULTS, name) || value === undefined) throw invalid('Invalid setting')
    engine.settings.set(name, value)
    return { setting: shown(engine, name as SettingName, root) }
  }
  return {
    ListAccountSettings({ name, value, effectiveSettings, principalArn: _, ...input }) {
      const names = Object.keys(DEFAULTS).sort() as SettingName[]
      const all = names.filter((each) => effectiveSettings || engine.settings.has(each)).map((each) => shown(engine, each, root))
      const found = all.filter(
        (each) => (name === undefined || each.name === name) && (value === undefined || each.value === value),
      )
      const { items, nextToken } = paged(found, (each) => each.name ?? '', input, 10)
      return { settings: items, nextToken }
    },
    PutAccountSetting: ({ name, value }) => put(name, value),
    PutAccountSettingDefault: ({ name, value }) => put(name, value),
  }
}

function shown(engine: Engine, name: SettingName, principalArn: string): Setting {
  return { name, value: engine.settings.get(name) ?? DEFAULTS[name], principalArn, type: 'user' }
}
