// The prompt of an agent: placeholders tinted by the layer that fills them; unknown ones are red and named at the foot.
import { CircleX } from 'lucide-react'
import { lazy, useMemo } from 'react'
import { Icon } from '../../components/icon.tsx'
import { LayerLegend } from '../../components/layer-chip.tsx'
import { useConsoleState } from '../../lib/console-context.tsx'
import { formatCount } from '../../lib/format.ts'
import { readContext } from '../../lib/read-context.ts'
import { writeJson } from '../../lib/write-json.ts'
import type { AgentDraft } from './agent-draft.ts'
import { exampleOf, placeholdersIn, unknownIn, unknownWords, withNames } from './placeholders.ts'
import type { AgentFormOf } from './written.tsx'
import { Written } from './written.tsx'

const PromptEditor = lazy(() => import('../../components/prompt-editor.tsx'))

export function AgentPrompt({
  form,
  draft,
  is_read_only,
  error,
}: {
  form: AgentFormOf
  draft: AgentDraft
  is_read_only: boolean
  error: string | undefined
}) {
  const business = useConsoleState((state) => state.tenant?.business_context)
  const context_data = draft.context_data
  const own = useMemo(() => {
    const reading = readContext(context_data)
    return reading.ok ? reading.context : null
  }, [context_data])
  // Nothing is called unknown before both contexts are known.
  const is_judged = business !== undefined && own !== null
  const tint = useMemo(
    () => (text: string) =>
      placeholdersIn(text, business ?? {}, own ?? {}).map(({ from, to, layer }) => ({
        from,
        to,
        tone: layer === null ? (is_judged ? 'bad' : 'business') : layer === 'agent' ? '' : layer,
      })),
    [business, own, is_judged],
  )
  const unknown = useMemo(
    () => (is_judged ? unknownIn(draft.system_prompt, business, own) : []),
    [draft.system_prompt, business, own, is_judged],
  )
  const example = exampleOf(business ?? {})
  const is_refused = error !== undefined && unknown.length > 0 && error === unknownWords(unknown)
  return (
    <section className="col" aria-label="Prompt">
      <div className="col-h">
        <h2>Prompt</h2>
        <span className="xs dim num">{formatCount(draft.system_prompt.length)} characters</span>
        <span className="grow" />
        <LayerLegend />
      </div>
      <div className="prompt-pane">
        <Written form={form} name="system_prompt" before={<div className="prompt">{draft.system_prompt}</div>}>
          {({ value, onChange }) => (
            <PromptEditor
              value={value}
              onChange={onChange}
              label="Prompt"
              hint={`Write what the agent is to do. Names in braces${example ? `, such as {${example}},` : ''} are filled from the context.`}
              tint={tint}
              is_read_only={is_read_only}
              described_by="prompt-says"
            />
          )}
        </Written>
      </div>
      <div id="prompt-says">
        {error && !is_refused && (
          <p className="prompt-foot bad" role="alert">
            <Icon of={CircleX} className="s" /> {error}
          </p>
        )}
        {unknown.length > 0 && (
          <div className="prompt-foot">
            <p role={is_refused ? 'alert' : undefined}>
              <Icon of={CircleX} className="s text-att-3" />{' '}
              <b className="m text-att-3">
                {is_refused && 'Not saved: '}
                {unknownWords(unknown)}
              </b>{' '}
              <span className="ink2">
                Add {unknown.length === 1 ? 'it' : 'them'} to the agent’s context, empty if the call brings{' '}
                {unknown.length === 1 ? 'it' : 'them'}, or take {unknown.length === 1 ? 'it' : 'them'} out before you
                save.
              </span>
            </p>
            {own && !is_read_only && (
              <button
                type="button"
                className="btn sm"
                onClick={() => form.setValue('context_data', writeJson(withNames(own, unknown)), { shouldDirty: true })}
              >
                Add to context
              </button>
            )}
          </div>
        )}
      </div>
    </section>
  )
}
