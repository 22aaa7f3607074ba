// Moments as people name them.
import type { Text } from '../text.ts'

export const moment = {
  bad: {
    en: 'must be 30s, 10m, 2h, 3d, 1w (ago) or a moment such as 2026-01-31T09:00:00+09:00',
    ja: '30s、10m、2h、3d、1w (前)、または 2026-01-31T09:00:00+09:00 のような時刻を指定してください',
  },
} satisfies Record<string, Text>
