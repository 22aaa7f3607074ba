import { describe, expect, test } from 'vitest'
import { differences } from './differences.ts'

const definition = (level: string, more: object = {}) => ({
  family: 'shop-web',
  cpu: '256',
  containerDefinitions: [{ name: 'web', image: 'web@sha256:1', environment: [{ name: 'LOG_LEVEL', value: level }], ...more }],
})

describe('three definitions side by side', () => {
  test('say nothing when they are one', () => {
    expect(differences(definition('info'), definition('info'), definition('info'))).toEqual([])
  })

  test('tell what this release changes, what somebody else changed, and what both did', () => {
    expect(differences(definition('debug'), definition('info'), definition('info'))).toEqual([
      { path: 'web.environment.LOG_LEVEL', declared: 'debug', deployed: 'info', live: 'info', by: 'release' },
    ])
    expect(differences(definition('info'), definition('info'), definition('warn'))).toEqual([
      { path: 'web.environment.LOG_LEVEL', declared: 'info', deployed: 'info', live: 'warn', by: 'outside' },
    ])
    expect(differences(definition('debug'), definition('info'), definition('warn'))).toEqual([
      { path: 'web.environment.LOG_LEVEL', declared: 'debug', deployed: 'info', live: 'warn', by: 'both' },
    ])
  })

  test('leave out what AWS fills in by itself', () => {
    const live = {
      ...definition('info', { mountPoints: [], cpu: 0, systemControls: [] }),
      taskDefinitionArn: 'arn',
      revision: 3,
      status: 'ACTIVE',
      registeredBy: 'arn:aws:iam::123456789012:user/haru',
      volumes: [],
    }
    expect(differences(definition('info'), definition('info'), live)).toEqual([])
  })

  test('take the live one for the last, where kiban has deployed none', () => {
    expect(differences(definition('debug'), undefined, definition('info'))).toMatchObject([{ by: 'release' }])
    expect(
      differences(definition('info'), undefined, undefined).every(({ by, live }) => by === 'release' && live === undefined),
    ).toBe(true)
  })

  test('do not care for the order of what is a map', () => {
    const both = (names: string[]) => definition('info', { environment: names.map((name) => ({ name, value: name })) })
    expect(differences(both(['A', 'B']), both(['B', 'A']), both(['B', 'A']))).toEqual([])
  })
})
