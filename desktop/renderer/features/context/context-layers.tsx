// Every value the agent knows in this call, with the layer it comes from; an overridden value stands struck before it.
import { LayerChip } from '../../components/layer-chip.tsx'
import { Loading } from '../../components/standing.tsx'
import type { ContextOfCall } from './context-of-call.ts'
import { useContextOfCall } from './context-of-call.ts'
import { layerRows, valueWords } from './layers.ts'
import { VersionState } from './version-state.tsx'

/** The version in force; none while nobody has overridden anything. */
export function InForce({ context }: { context: ContextOfCall }) {
  if (context.in_force_version === 0) return <span className="xs dim">no override</span>
  return (
    <>
      <span className="xs dim">in force</span>
      <b className="num">v{context.in_force_version}</b>
    </>
  )
}

/** The context of a call at a glance: which version is in force, what waits or was refused, and every value. */
export function ContextGlance({ call_sid }: { call_sid: string }) {
  const context = useContextOfCall(call_sid)
  const newest = context?.versions[0]
  return (
    <>
      {context && (
        <div className="glance">
          <InForce context={context} />
          <span className="grow" />
          {newest && newest.state !== 'applied' && (
            <>
              <b className="num">v{newest.version}</b>
              <VersionState version={newest} />
            </>
          )}
        </div>
      )}
      {newest?.state === 'refused' && newest.refused_reason && <p className="glance-why">{newest.refused_reason}</p>}
      <ContextLayers call_sid={call_sid} />
    </>
  )
}

export function ContextLayers({ call_sid }: { call_sid: string }) {
  const context = useContextOfCall(call_sid)
  if (!context) return <Loading what="the context" />
  const rows = layerRows(context.detail.context_layers, context.in_force, context.pending)
  if (rows.length === 0) return <p className="none">No values in any layer.</p>
  return (
    <table className="layers">
      <caption className="sr-only">Context in force, with the layer of each value</caption>
      <thead className="sr-only">
        <tr>
          <th>Name</th>
          <th>Value</th>
          <th>Layer</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.path}${row.waits_for ?? ''}`}>
            <td className="mono">
              <span>{row.path}</span>
            </td>
            <td className="num">
              {row.waits_for !== null ? (
                <span className="dim">waits for v{row.waits_for}</span>
              ) : row.overridden !== undefined ? (
                <>
                  <s>{valueWords(row.overridden)}</s> {valueWords(row.value)}
                </>
              ) : (
                valueWords(row.value)
              )}
            </td>
            <td>
              <LayerChip layer={row.layer} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
