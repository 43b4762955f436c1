// A prompt, edited as one reads it: placeholders tinted by the layer that fills them.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import type { Extension } from '@codemirror/state'
import { Compartment, EditorState, RangeSetBuilder } from '@codemirror/state'
import type { DecorationSet, ViewUpdate } from '@codemirror/view'
import { Decoration, EditorView, keymap, ViewPlugin } from '@codemirror/view'
import { useEffect, useRef } from 'react'

export interface Tinted {
  from: number
  to: number
  /** Class of the tint. */
  tone: string
}

interface PromptEditorProps {
  value: string
  onChange: (value: string) => void
  label: string
  tint: (text: string) => readonly Tinted[]
  is_read_only: boolean
  described_by?: string
}

export default function PromptEditor(props: PromptEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const newest = useRef(props)
  newest.current = props
  const { value, tint, is_read_only } = props
  useEffect(() => {
    if (!host.current) return
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: newest.current.value,
        extensions: [
          history(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({
            'aria-label': newest.current.label,
            ...(newest.current.described_by ? { 'aria-describedby': newest.current.described_by } : {}),
          }),
          EditorView.updateListener.of((update: ViewUpdate) => {
            if (update.docChanged) newest.current.onChange(update.state.doc.toString())
          }),
          tints.of(tinted(newest.current.tint)),
          EditorState.readOnly.of(is_read_only),
          EditorView.editable.of(!is_read_only),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [is_read_only])
  useEffect(() => {
    const editor = view.current
    if (!editor || editor.state.doc.toString() === value) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
  }, [value])
  useEffect(() => {
    view.current?.dispatch({ effects: tints.reconfigure(tinted(tint)) })
  }, [tint])
  return <div className="prompt-editor" ref={host} />
}

const tints = new Compartment()

function tinted(tint: PromptEditorProps['tint']): Extension {
  const decorate = (view: EditorView): DecorationSet => {
    const builder = new RangeSetBuilder<Decoration>()
    for (const each of tint(view.state.doc.toString())) {
      builder.add(each.from, each.to, Decoration.mark({ class: `phv ${each.tone}` }))
    }
    return builder.finish()
  }
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet
      constructor(view: EditorView) {
        this.decorations = decorate(view)
      }
      update(update: ViewUpdate) {
        if (update.docChanged) this.decorations = decorate(update.view)
      }
    },
    { decorations: (plugin) => plugin.decorations },
  )
}
