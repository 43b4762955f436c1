// The context of one call: what is in force, the override being written, and every version.
import { LayerLegend } from '../../components/layer-chip.tsx'
import { Loading } from '../../components/standing.tsx'
import { ContextEditor } from './context-editor.tsx'
import { ContextLayers, InForce } from './context-layers.tsx'
import { useContextOfCall } from './context-of-call.ts'
import { ContextVersions } from './context-versions.tsx'

export function ContextColumn({
  call_sid,
  clock_zero,
  refused,
  has_focus,
}: {
  call_sid: string
  clock_zero: number
  refused: string | null
  has_focus: boolean
}) {
  const context = useContextOfCall(call_sid)
  return (
    <section className="col" aria-label="Context">
      <div className="col-h">
        <h2>Context</h2>
        {context && <InForce context={context} />}
        <span className="grow" />
        <LayerLegend />
      </div>
      <div className="col-scroll">
        {context ? (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
            <section className="layers-box" aria-label="Values in force" tabIndex={0}>
              <ContextLayers call_sid={call_sid} />
            </section>
            <ContextEditor
              key={call_sid}
              call_sid={call_sid}
              context={context}
              refused={refused}
              has_focus={has_focus}
            />
            <ContextVersions
              call_sid={call_sid}
              context={context}
              clock_zero={clock_zero}
              can_roll_back={refused === null}
            />
          </>
        ) : (
          <Loading what="the context" rows={4} />
        )}
      </div>
    </section>
  )
}
