// JSON, edited. Keys in one grey, values in ink, no rainbow; changed lines tinted; errors marked at their place.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { json } from '@codemirror/lang-json'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import type { Diagnostic } from '@codemirror/lint'
import { setDiagnostics } from '@codemirror/lint'
import type { Extension } from '@codemirror/state'
import { Compartment, EditorState, RangeSet } from '@codemirror/state'
import type { ViewUpdate } from '@codemirror/view'
import { Decoration, EditorView, GutterMarker, gutterLineClass, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'

export interface CodeProblem {
  from: number
  to: number
  says: string
}

interface CodeEditorProps {
  value: string
  onChange: (value: string) => void
  label: string
  /** Lines that are not in this text are tinted as new. */
  baseline?: string
  problems?: readonly CodeProblem[]
  is_read_only?: boolean
  /** Ctrl+Enter. */
  onSubmit?: () => void
  has_focus?: boolean
  described_by?: string
}

export default function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const newest = useRef(props)
  newest.current = props
  const { value, baseline, problems, is_read_only = false, has_focus = false } = props

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
    view.current?.dispatch({ effects: tint.reconfigure(changedLines(baseline)) })
  }, [baseline])
  useEffect(() => {
    view.current?.dispatch({ effects: writing.reconfigure(writable(!is_read_only)) })
  }, [is_read_only])
  useEffect(() => {
    if (view.current) mark(view.current, problems ?? [])
  }, [problems])
  useEffect(() => {
    if (has_focus) view.current?.focus()
  }, [has_focus])
  return <div className="editor" ref={host} />
}

const tint = new Compartment()
const writing = new Compartment()

const writable = (can: boolean): Extension => [EditorState.readOnly.of(!can), EditorView.editable.of(can)]

function stateOf(newest: React.RefObject<CodeEditorProps>): EditorState {
  const { value, baseline, label, described_by, is_read_only = false } = newest.current
  const submit = () => {
    newest.current.onSubmit?.()
    return newest.current.onSubmit !== undefined
  }
  return EditorState.create({
    doc: value,
    extensions: [
      keymap.of([{ key: 'Mod-Enter', run: submit }]),
      lineNumbers(),
      history(),
      indentOnInput(),
      bracketMatching(),
      json(),
      syntaxHighlighting(INK),
      keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        'aria-label': label,
        ...(described_by ? { 'aria-describedby': described_by } : {}),
      }),
      EditorView.updateListener.of((update: ViewUpdate) => {
        if (update.docChanged) newest.current.onChange(update.state.doc.toString())
      }),
      tint.of(changedLines(baseline)),
      writing.of(writable(!is_read_only)),
    ],
  })
}

const INK = HighlightStyle.define([
  { tag: tags.propertyName, class: 'code-key' },
  { tag: [tags.string, tags.number, tags.bool, tags.null], class: 'code-value' },
  { tag: [tags.punctuation, tags.separator, tags.brace, tags.squareBracket], class: 'code-mark' },
])

function mark(view: EditorView, problems: readonly CodeProblem[]): void {
  const length = view.state.doc.length
  const diagnostics = problems.map(
    (problem): Diagnostic => ({
      from: Math.min(problem.from, length),
      to: Math.min(problem.to, length),
      severity: 'error',
      message: problem.says,
    }),
  )
  view.dispatch(setDiagnostics(view.state, diagnostics))
}

const ADDED = Decoration.line({ class: 'code-added' })
const ADDED_NUMBER = new (class extends GutterMarker {
  override elementClass = 'code-added'
})()

function changedLines(baseline: string | undefined): Extension {
  if (baseline === undefined) return []
  const known = new Set(baseline.split('\n').map(bare))
  return [
    EditorView.decorations.compute(['doc'], (state) =>
      RangeSet.of(startsOfAdded(state, known).map((at) => ADDED.range(at))),
    ),
    gutterLineClass.compute(['doc'], (state) =>
      RangeSet.of(startsOfAdded(state, known).map((at) => ADDED_NUMBER.range(at))),
    ),
  ]
}

function startsOfAdded(state: EditorState, known: ReadonlySet<string>): number[] {
  return Array.from({ length: state.doc.lines }, (_, index) => state.doc.line(index + 1))
    .filter((line) => !known.has(bare(line.text)))
    .map((line) => line.from)
}

// A comma that came because a line was added below is no change of the line.
const bare = (line: string) => line.trim().replace(/,$/, '')
