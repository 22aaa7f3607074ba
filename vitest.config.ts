import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes minutes belongs to script/faults. */
const weather = process.env.WEATHER ? ['test/faults/*.weather.ts'] : []

/** Begins with the files that take minutes, so that none of them runs on alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /\/test\/(console|faults|journeys)\//.test(moduleId)
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', ...weather],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most files wait for processes and clocks more than they compute: three keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
})
