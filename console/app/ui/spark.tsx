const WIDTH = 96
const HEIGHT = 24

/** A line of the last minutes, from zero to a hundred percent or what was the most; the number beside it says the last. */
export function Spark({ points, label }: { points: readonly { at: number; value: number }[]; label: string }) {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return null
  const most = Math.max(100, ...points.map(({ value }) => value))
  const span = Math.max(1, last.at - first.at)
  const place = ({ at, value }: { at: number; value: number }) => ({
    x: points.length === 1 ? WIDTH - 2 : 2 + ((at - first.at) / span) * (WIDTH - 4),
    y: HEIGHT - 2 - (value / most) * (HEIGHT - 4),
  })
  const end = place(last)
  return (
    <svg role="img" aria-label={label} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="shrink-0">
      <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} className="stroke-line" />
      <polyline
        points={points.map((point) => `${place(point).x.toFixed(1)},${place(point).y.toFixed(1)}`).join(' ')}
        className="fill-none stroke-accent-ink"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <circle cx={end.x} cy={end.y} r="2" className="fill-accent-ink" />
    </svg>
  )
}
