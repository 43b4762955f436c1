/** The last values of a figure, as one line. Says nothing to a reader that the figure beside it does not. */
export function Sparkline({ values, width, height }: { values: readonly number[]; width: number; height: number }) {
  if (values.length < 2) return null
  const top = Math.max(...values)
  const low = Math.min(...values)
  const points = values.map((value, index) => [
    1 + (index / (values.length - 1)) * (width - 2),
    top === low ? height / 2 : 2 + (1 - (value - low) / (top - low)) * (height - 4),
  ])
  const [x, y] = points.at(-1) ?? [0, 0]
  return (
    <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <polyline points={points.map(([px, py]) => `${px?.toFixed(1)},${py?.toFixed(1)}`).join(' ')} />
      <circle cx={x} cy={y} r="1.6" />
    </svg>
  )
}
