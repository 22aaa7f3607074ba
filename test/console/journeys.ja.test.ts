import { describe } from 'vitest'
import { journeys } from './journeys.ts'
import { missing, PATIENCE_MS } from './stage.ts'

describe.skipIf(missing !== undefined)(`コンソール${missing ? ` (skipped: ${missing})` : ''}`, { timeout: 2 * PATIENCE_MS }, () =>
  journeys('ja'),
)
