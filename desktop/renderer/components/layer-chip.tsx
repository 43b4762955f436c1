/** Where a context value comes from: a square of the layer's colour and its word. */
export function LayerChip({ layer }: { layer: 'business' | 'agent' | 'call' }) {
  return <span className={`layer ${layer}`}>{layer === 'call' ? 'this call' : layer}</span>
}

export function LayerLegend() {
  return (
    <span className="row legend-layers">
      <LayerChip layer="business" />
      <LayerChip layer="agent" />
      <LayerChip layer="call" />
    </span>
  )
}
