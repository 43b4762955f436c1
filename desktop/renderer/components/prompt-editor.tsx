// A prompt, edited as one reads it: placeholders tinted by the layer that fills them, headings as headings.
import { history } from '@codemirror/commands'
import type { Extension, Text } from '@codemirror/state'
import { Compartment, EditorState, RangeSet, RangeSetBuilder } from '@codemirror/state'
import type { DecorationSet, ViewUpdate } from '@codemirror/view'
import { Decoration, EditorView, keymap, placeholder, ViewPlugin } from '@codemirror/view'
import { useEffect } from 'react'
import type { Written } from './use-code-mirror.ts'
import { basics, useCodeMirror, WRITING_KEYS } from './use-code-mirror.ts'

export interface Tinted {
  from: number
  to: number
  /** Class of the tint. */
  tone: string
}

interface PromptEditorProps extends Written {
  /** What to write, while nothing is written. */
  hint: string
  tint: (text: string) => readonly Tinted[]
}

export default function PromptEditor(props: PromptEditorProps) {
  const { tint } = props
  const { host, view } = useCodeMirror(props, stateOf)
  useEffect(() => {
    view.current?.dispatch({ effects: tints.reconfigure(tinted(tint)) })
  }, [tint, view])
  return <div className="prompt-editor" ref={host} />
}

const tints = new Compartment()

function stateOf(newest: React.RefObject<PromptEditorProps>): EditorState {
  return EditorState.create({
    doc: newest.current.value,
    extensions: [
      history(),
      keymap.of([...WRITING_KEYS]),
      basics(newest),
      placeholder(newest.current.hint),
      headings,
      tints.of(tinted(newest.current.tint)),
    ],
  })
}

const HEADING = Decoration.line({ class: 'prompt-heading' })

const headings = EditorView.decorations.compute(['doc'], (state) =>
  RangeSet.of(headingLines(state.doc).map((at) => HEADING.range(at))),
)

// A short line without an end, alone above a paragraph: what one would print in bold.
function headingLines(doc: Text): number[] {
  const text = (line: number) => (line >= 1 && line <= doc.lines ? doc.line(line).text.trim() : '')
  return Array.from({ length: doc.lines }, (_, index) => index + 1)
    .filter((line) => text(line - 1) === '' && text(line + 1) !== '' && /^[^{].{1,58}[^.,:;!?]$/.test(text(line)))
    .map((line) => doc.line(line).from)
}

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
