// What an agent is beside its prompt: name, type, voice, greeting, limits, its layer of the context, its numbers.
import { lazy, useMemo } from 'react'
import { AGENT_TYPES, VOICES } from '../../../../shared/contract/agents.ts'
import { TYPE_WORDS } from '../../components/agent-type.tsx'
import { Input, Labelled, Options, Select } from '../../components/field.tsx'
import { useConsoleState } from '../../lib/console-context.tsx'
import { readContext } from '../../lib/read-context.ts'
import { may } from '../../store/selectors.ts'
import type { FieldName } from './agent-draft.ts'
import type { AgentFormOf } from './written.tsx'
import { Written } from './written.tsx'

const CodeEditor = lazy(() => import('../../components/code-editor.tsx'))

export function AgentSettings({
  form,
  errors,
  is_read_only,
  numbers,
}: {
  form: AgentFormOf
  errors: Partial<Record<FieldName, string>>
  is_read_only: boolean
  numbers: readonly string[]
}) {
  const can_assign = useConsoleState(may('numbers.assign'))
  const context_text = form.watch('context_data')
  const problems = useMemo(() => {
    const reading = readContext(context_text)
    return reading.ok ? [] : reading.problems
  }, [context_text])
  return (
    <section className="col" aria-label="Settings">
      <div className="col-h">
        <h2>Settings</h2>
      </div>
      <fieldset
        className={`form col-scroll ${is_read_only ? 'read' : ''}`}
        disabled={is_read_only}
        aria-label="Settings"
      >
        <Labelled label="Name" error={errors.name}>
          {(ids) => <Input {...ids} maxLength={120} {...form.register('name')} />}
        </Labelled>
        <div className="two">
          <Labelled label="Type" error={errors.type}>
            {(ids) => (
              <Select {...ids} disabled={is_read_only} {...form.register('type')} value={form.watch('type')}>
                <Options of={AGENT_TYPES} words={TYPE_WORDS} />
              </Select>
            )}
          </Labelled>
          <Labelled label="Voice" error={errors.voice}>
            {(ids) => (
              <Select {...ids} disabled={is_read_only} {...form.register('voice')} value={form.watch('voice')}>
                <Options of={VOICES} />
              </Select>
            )}
          </Labelled>
        </div>
        <Labelled label="Greeting" error={errors.greeting_message} help="Empty: the agent greets in its own words.">
          {(ids) => (
            <textarea {...ids} className="field" rows={2} maxLength={1000} {...form.register('greeting_message')} />
          )}
        </Labelled>
        <Labelled label="Longest call, minutes" error={errors.max_call_duration}>
          {(ids) => <Input {...ids} inputMode="decimal" {...form.register('max_call_minutes')} />}
        </Labelled>
        <div>
          <p className="label">Agent’s context</p>
          <div className={`code-box ${errors.context_data ? 'bad' : ''}`}>
            <Written form={form} name="context_data" before={<pre className="code-plain">{context_text}</pre>}>
              {({ value, onChange }) => (
                <CodeEditor
                  value={value}
                  onChange={onChange}
                  label="Agent’s context, JSON"
                  problems={problems}
                  is_read_only={is_read_only}
                  described_by="agent-context-says"
                />
              )}
            </Written>
          </div>
          <div id="agent-context-says">
            {problems.map((each) => (
              <p key={`${each.from}${each.says}`} className="help bad" role={errors.context_data ? 'alert' : undefined}>
                Line {each.line}: {each.says}
              </p>
            ))}
            {problems.length === 0 && errors.context_data && (
              <p className="help bad" role="alert">
                {errors.context_data}
              </p>
            )}
            {problems.length === 0 && !errors.context_data && (
              <p className="help">
                Fills the prompt’s placeholders; what is empty here, a call brings. escalation_rules {'{'} keywords,
                target {'}'} is acted on.
              </p>
            )}
          </div>
        </div>
        <div>
          <p className="label">Numbers</p>
          <p className="xs ink2">
            {numbers.length === 0 ? 'None yet.' : `${numbers.length} assigned.`}{' '}
            {can_assign && (
              <a className="underline" href="#/numbers">
                Assign numbers
              </a>
            )}
          </p>
        </div>
      </fieldset>
    </section>
  )
}
