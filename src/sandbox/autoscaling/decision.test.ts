import { expect, test } from 'vitest'
import { bounded, steppedCapacity, trackedCapacity, trackedDirection } from './decision.ts'

const times = (count: number, value: number | undefined) => Array.from({ length: count }, () => value)

test('three minutes above the target scale out, fifteen well below it scale in, anything else does nothing', () => {
  expect(trackedDirection(times(3, 51), 50)).toBe('out')
  expect(trackedDirection(times(2, 99), 50)).toBe('none')
  expect(trackedDirection([51, 50, 51], 50)).toBe('none')
  expect(trackedDirection(times(15, 44), 50)).toBe('in')
  expect(trackedDirection(times(14, 44), 50)).toBe('none')
  expect(trackedDirection(times(15, 45), 50)).toBe('none')
  expect(trackedDirection([...times(14, 10), undefined], 50)).toBe('none')
})

test('the tracked capacity shares the load out evenly', () => {
  expect(trackedCapacity(2, 90, 50)).toBe(4)
  expect(trackedCapacity(4, 20, 50)).toBe(2)
  expect(trackedCapacity(3, 0, 50)).toBe(0)
})

const steps = (AdjustmentType: 'ChangeInCapacity' | 'ExactCapacity' | 'PercentChangeInCapacity', more = {}) => ({
  AdjustmentType,
  StepAdjustments: [
    { MetricIntervalUpperBound: 0, ScalingAdjustment: -10 },
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 20, ScalingAdjustment: 1 },
    { MetricIntervalLowerBound: 20, ScalingAdjustment: 30 },
  ],
  ...more,
})

test('a step policy adds, sets or multiplies by the step that the breach falls into', () => {
  expect(steppedCapacity(4, 5, steps('ChangeInCapacity'))).toBe(5)
  expect(steppedCapacity(4, 20, steps('ChangeInCapacity'))).toBe(34)
  expect(steppedCapacity(4, -1, steps('ChangeInCapacity'))).toBe(0)
  expect(steppedCapacity(4, 5, steps('ExactCapacity'))).toBe(1)
  expect(steppedCapacity(10, 25, steps('PercentChangeInCapacity'))).toBe(13)
  expect(steppedCapacity(4, 5, steps('PercentChangeInCapacity'))).toBe(5)
  expect(steppedCapacity(10, 25, steps('PercentChangeInCapacity', { MinAdjustmentMagnitude: 5 }))).toBe(15)
  expect(steppedCapacity(10, -1, steps('PercentChangeInCapacity'))).toBe(9)
})

test('a count stays within its bounds', () => {
  expect([0, 3, 9].map((count) => bounded(count, { min: 2, max: 5 }))).toEqual([2, 3, 5])
})
