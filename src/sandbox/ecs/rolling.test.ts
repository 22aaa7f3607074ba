import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Fleet, isStuck, maximumTotal, minimumHealthy, rollingStep } from './rolling.ts'

const group = (active: number, healthy = active, sick = 0) => ({ active, healthy, waiting: active - healthy - sick, sick })
const fleet = (desired: number, percents: [number, number], fresh = group(0), old = group(desired)): Fleet => ({
  desired,
  minimumHealthyPercent: percents[0],
  maximumPercent: percents[1],
  fresh,
  old,
})

/** How many rounds of "every started task becomes healthy" a rollout takes. */
function waves(desired: number, minimum: number, maximum: number): number {
  let fresh = group(0)
  let old = group(desired)
  for (let wave = 0; wave < 1000; wave++) {
    for (;;) {
      const step = rollingStep(fleet(desired, [minimum, maximum], fresh, old))
      if (step.stopOld > 0) old = group(old.active - step.stopOld)
      else if (step.start > 0) fresh = { ...fresh, active: fresh.active + step.start }
      else break
    }
    if (fresh.healthy === desired && old.active === 0) return wave
    if (fresh.active === fresh.healthy) return Number.POSITIVE_INFINITY
    fresh = group(fresh.active)
  }
  return Number.POSITIVE_INFINITY
}

describe('the documented examples', () => {
  test('four tasks at 50 % minimum may lose two at once', () => {
    expect(rollingStep(fleet(4, [50, 100])).stopOld).toBe(2)
  })

  test('four tasks at 200 % maximum start four before any is stopped', () => {
    expect(rollingStep(fleet(4, [100, 200]))).toEqual({ start: 4, stopSick: 0, stopSurplus: 0, stopOld: 0 })
  })

  test('two tasks at 75/100 and three at 100/125 can neither stop nor start', () => {
    expect(rollingStep(fleet(2, [75, 100]))).toEqual({ start: 0, stopSick: 0, stopSurplus: 0, stopOld: 0 })
    expect(rollingStep(fleet(3, [100, 125]))).toEqual({ start: 0, stopSick: 0, stopSurplus: 0, stopOld: 0 })
    expect([isStuck(2, 75, 100), isStuck(3, 100, 125), isStuck(4, 50, 100), isStuck(2, 100, 200)]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('four at 50/100 take two waves and a hundred at 100/110 take ten', () => {
    expect([waves(4, 50, 100), waves(100, 100, 110)]).toEqual([2, 10])
  })
})

describe('sick tasks', () => {
  test('are replaced before they are stopped where the maximum allows', () => {
    expect(rollingStep(fleet(2, [100, 200], group(2, 1, 1), group(0)))).toEqual({
      start: 1,
      stopSick: 0,
      stopSurplus: 0,
      stopOld: 0,
    })
  })

  test('are stopped one at a time where it does not, while too few others are healthy', () => {
    expect(rollingStep(fleet(4, [100, 100], group(4, 1, 3), group(0))).stopSick).toBe(1)
    expect(rollingStep(fleet(4, [100, 100], group(4, 1, 2), group(0))).stopSick).toBe(0)
  })

  test('make room at once during a deployment that old tasks still carry', () => {
    expect(rollingStep(fleet(2, [100, 200], group(2, 0, 2), group(2))).stopSick).toBe(2)
  })
})

test('no step ever breaks the minimum or the maximum', () => {
  const groups = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.nat(5)).map(([healthy, waiting, sick, pending]) => ({
    active: healthy + waiting + sick + pending,
    healthy,
    waiting,
    sick,
  }))
  fc.assert(
    fc.property(
      fc.nat(40),
      fc.nat(100),
      fc.integer({ min: 100, max: 300 }),
      groups,
      groups,
      (desired, minimum, maximum, fresh, old) => {
        const step = rollingStep({ desired, minimumHealthyPercent: minimum, maximumPercent: maximum, fresh, old })
        const total = fresh.active + old.active
        if (step.start > 0) expect(total + step.start).toBeLessThanOrEqual(maximumTotal(desired, maximum))
        const healthyStopped = Math.max(0, step.stopOld - (old.active - old.healthy))
        if (healthyStopped > 0)
          expect(fresh.healthy + old.healthy - healthyStopped).toBeGreaterThanOrEqual(minimumHealthy(desired, minimum))
        expect(step.stopOld).toBeLessThanOrEqual(old.active)
        expect(step.stopSick).toBeLessThanOrEqual(fresh.sick)
      },
    ),
  )
})
