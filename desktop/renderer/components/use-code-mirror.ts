// What both editors have in common: a CodeMirror in a div, in step with its text and with whether it may be written.
import { defaultKeymap, historyKeymap } from '@codemirror/commands'
import type { Extension } from '@codemirror/state'
import { Compartment, EditorState } from '@codemirror/state'
import type { KeyBinding, ViewUpdate } from '@codemirror/view'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'

export interface Written {
  value: string
  onChange: (value: string) => void
  label: string
  is_read_only?: boolean
  described_by?: string
}

/** The usual keys, less the one that saves or applies: Ctrl+Enter is the screen's, and would insert an empty line here. */
export const WRITING_KEYS: readonly KeyBinding[] = [
  ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
  ...historyKeymap,
]

const writing = new Compartment()

const writable = (can: boolean): Extension => [EditorState.readOnly.of(!can), EditorView.editable.of(can)]

/**
 * Mounts the editor once. `stateOf` is asked for its first state and reads the newest properties from the reference.
 * @returns the div's reference, and the editor's while it is there
 */
export function useCodeMirror<P extends Written>(props: P, stateOf: (newest: React.RefObject<P>) => EditorState) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const newest = useRef(props)
  newest.current = props
  const { value, is_read_only = false } = props
  // biome-ignore lint/correctness/useExhaustiveDependencies: mounted once; what changes later is dispatched below
  useEffect(() => {
    if (!host.current) return
    const editor = new EditorView({ parent: host.current, state: stateOf(newest) })
    view.current = editor
    return () => {
      view.current = null
      editor.destroy()
    }
  }, [])
  useEffect(() => {
    const editor = view.current
    if (!editor || editor.state.doc.toString() === value) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
  }, [value])
  useEffect(() => {
    view.current?.dispatch({ effects: writing.reconfigure(writable(!is_read_only)) })
  }, [is_read_only])
  return { host, view }
}

/** The extensions every editor here has. */
export function basics<P extends Written>(newest: React.RefObject<P>): Extension {
  const { label, described_by, is_read_only = false } = newest.current
  return [
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      'aria-label': label,
      // Also what is only read is reached by keyboard, to scroll it.
      tabindex: '0',
      ...(described_by ? { 'aria-describedby': described_by } : {}),
    }),
    EditorView.updateListener.of((update: ViewUpdate) => {
      if (update.docChanged) newest.current.onChange(update.state.doc.toString())
    }),
    writing.of(writable(!is_read_only)),
  ]
}
