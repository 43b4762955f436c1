// JSON, edited. Keys in one grey, values in ink, no rainbow; changed lines tinted; errors marked at their place.
import { history, indentWithTab } from '@codemirror/commands'
import { json } from '@codemirror/lang-json'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import type { Diagnostic } from '@codemirror/lint'
import { setDiagnostics } from '@codemirror/lint'
import type { Extension } from '@codemirror/state'
import { Compartment, EditorState, RangeSet } from '@codemirror/state'
import { Decoration, EditorView, GutterMarker, gutterLineClass, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect } from 'react'
import type { Written } from './use-code-mirror.ts'
import { basics, useCodeMirror, WRITING_KEYS } from './use-code-mirror.ts'

export interface CodeProblem {
  from: number
  to: number
  says: string
}

interface CodeEditorProps extends Written {
  /** Lines that are not in this text are tinted as new. */
  baseline?: string
  problems?: readonly CodeProblem[]
  /** Ctrl+Enter; without it the screen's own Ctrl+Enter acts. */
  onSubmit?: () => void
  has_focus?: boolean
}

export default function CodeEditor(props: CodeEditorProps) {
  const { baseline, problems, has_focus = false } = props
  const { host, view } = useCodeMirror(props, stateOf)
  useEffect(() => {
    view.current?.dispatch({ effects: tint.reconfigure(changedLines(baseline)) })
  }, [baseline, view])
  useEffect(() => {
    if (view.current) mark(view.current, problems ?? [])
  }, [problems, view])
  useEffect(() => {
    if (has_focus) view.current?.focus()
  }, [has_focus, view])
  return <div className="editor" ref={host} />
}

const tint = new Compartment()

function stateOf(newest: React.RefObject<CodeEditorProps>): EditorState {
  const { value, baseline } = newest.current
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
      keymap.of([...WRITING_KEYS, indentWithTab]),
      basics(newest),
      tint.of(changedLines(baseline)),
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
