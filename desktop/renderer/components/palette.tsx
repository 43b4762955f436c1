// One field that finds any call, agent, number or screen and goes there.
import type { LucideIcon } from 'lucide-react'
import { Search } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { useId, useState } from 'react'
import { useBackFocus } from '../lib/back-focus.ts'
import { Icon } from './icon.tsx'

export interface PaletteItem {
  id: string
  icon: LucideIcon
  word: string
  aside: string
  /** What else it is found by. */
  also?: string
  run: () => void
}

const SHOWN = 12

export function Palette({ items, onClose }: { items: readonly PaletteItem[]; onClose: () => void }) {
  const list_id = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const giveBack = useBackFocus()
  const found = items.filter((item) => isFound(item, text)).slice(0, SHOWN)
  const chosen = found[Math.min(at, found.length - 1)]
  const run = (item: PaletteItem | undefined) => {
    if (!item) return
    onClose()
    item.run()
  }
  const press = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((Math.min(at, found.length - 1) + step + found.length) % Math.max(1, found.length))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(chosen)
    }
  }
  return (
    <Radix.Root open onOpenChange={(open) => open || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="scrim" />
        <Radix.Content className="palette" aria-describedby={undefined} onCloseAutoFocus={giveBack}>
          <Radix.Title className="sr-only">Find a call, agent, number or screen</Radix.Title>
          <div className="palette-field">
            <Icon of={Search} className="dim" />
            <input
              className="bare"
              role="combobox"
              aria-label="Find a call, agent, number or screen"
              aria-expanded="true"
              aria-controls={list_id}
              aria-activedescendant={chosen && `${list_id}-${chosen.id}`}
              placeholder="Find a call, agent, number or screen"
              value={text}
              onChange={(event) => {
                setText(event.target.value)
                setAt(0)
              }}
              onKeyDown={press}
            />
            <kbd>Esc</kbd>
          </div>
          <div role="listbox" id={list_id} aria-label="Found" className="palette-list">
            {found.map((item) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys
              // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the field above
              <div
                key={item.id}
                id={`${list_id}-${item.id}`}
                role="option"
                aria-selected={item === chosen}
                className={`mi ${item === chosen ? 'on' : ''}`}
                onClick={() => run(item)}
              >
                <Icon of={item.icon} />
                <span className="trunc num">{item.word}</span>
                <span className="k">{item.aside}</span>
              </div>
            ))}
          </div>
          {found.length === 0 && <p className="none">Nothing is called “{text}”.</p>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function isFound(item: PaletteItem, text: string): boolean {
  const name = `${item.word} ${item.aside} ${item.also ?? ''}`.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.includes(word))
}
