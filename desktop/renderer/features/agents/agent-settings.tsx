// What an agent is beside its prompt: name, type, voice, greeting, limits, its layer of the context, its numbers.
import { lazy, useMemo } from 'react'
import { AGENT_TYPES, VOICES } from '../../../../shared/contract/agents.ts'
import { TYPE_WORDS } from '../../components/agent-type.tsx'
import { Input, Labelled, Options, Select } from '../../components/field.tsx'
import { readJson } from '../../lib/json-place.ts'
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
  const context_text = form.watch('context_data')
  const problems = useMemo(() => {
    const reading = readJson(context_text)
    return reading.ok ? [] : [reading.error]
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
        <Labelled label="Greeting" error={errors.greeting_message} help="Empty: the agent waits for the caller.">
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
          <p
            className={`help ${errors.context_data || problems.length > 0 ? 'bad' : ''}`}
            id="agent-context-says"
            role={errors.context_data ? 'alert' : undefined}
          >
            {errors.context_data ??
              problems[0]?.says ??
              'Fills the prompt’s placeholders. escalation_rules { keywords, target } is acted on.'}
          </p>
        </div>
        <div>
          <p className="label">Numbers</p>
          <p className="xs ink2">
            {numbers.length === 0 ? 'None yet.' : `${numbers.length} assigned.`}{' '}
            <a className="underline" href="#/numbers">
              Assign numbers
            </a>
          </p>
        </div>
      </fieldset>
    </section>
  )
}
