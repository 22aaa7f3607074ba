import { defineConfig } from 'vitest/config'
import { BaseSequencer, type Reporter, type TestCase, type TestSpecification } from 'vitest/node'

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

/** A test that passes at its second try only is a fault of its own, to be mended: it is told at the end. */
class Flaky implements Reporter {
  readonly #names: string[] = []

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}`)
  }

  onTestRunEnd(): void {
    for (const name of this.#names) console.log(`▲ passed at the second try only: ${name}`)
  }
}

const report = process.env.TEST_REPORT
const json = (outputFile: string): ['json', { outputFile: string }] => ['json', { outputFile }]

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'actions/**/*.test.ts', ...weather],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The machines that check this are shared, and starve a process for seconds.
    retry: 1,
    reporters: ['default', new Flaky(), ...(report ? [json(report)] : [])],
    globalSetup: 'test/global-setup.ts',
    // Most files wait for processes and clocks more than they compute: three keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
})
