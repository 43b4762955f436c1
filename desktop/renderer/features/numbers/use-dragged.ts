// Numbers carried to an agent with the pointer. What a drop does, the menu does too.
import { useState } from 'react'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'
import { formatNumber } from '../../lib/format.ts'

/** Marks what is dragged as ours: a text dragged in from elsewhere is no number. */
const KIND = 'application/x-phony-numbers'

export interface Dragged {
  /** The numbers that are being carried. */
  readonly numbers: ReadonlySet<string>
  /** The column beneath, by its agent; `tray` for the numbers without one. */
  readonly over: string | null
  /** What a row needs to be carried. */
  row(number: PhoneNumber): React.HTMLAttributes<HTMLElement> & { draggable: true }
  /** What a column needs to be dropped on; nothing for one that takes no numbers. */
  column(agent_id: string | null, may_take: boolean): React.HTMLAttributes<HTMLElement>
}

const NONE: ReadonlySet<string> = new Set()
export const TRAY = 'tray'

/**
 * @param selected what goes together when one of them is taken
 * @param onPut told what was dropped, and where
 * @source HTML Standard, "drag and drop"; design.md section 4, number row
 */
export function useDragged(
  selected: ReadonlySet<string>,
  onPut: (phone_numbers: Iterable<string>, agent_id: string | null) => void,
): Dragged {
  const [numbers, setNumbers] = useState(NONE)
  const [over, setOver] = useState<string | null>(null)
  const end = () => {
    setNumbers(NONE)
    setOver(null)
  }
  return {
    numbers,
    over,
    row: (number) => ({
      draggable: true,
      onDragStart: (event) => {
        const taken = selected.has(number.phone_number) ? selected : new Set([number.phone_number])
        event.dataTransfer.effectAllowed = 'move'
        event.dataTransfer.setData(KIND, [...taken].join(' '))
        carryPicture(event.dataTransfer, number, taken.size)
        setNumbers(taken)
      },
      onDragEnd: end,
    }),
    column: (agent_id, may_take) => ({
      onDragOver: (event) => {
        if (!may_take || !event.dataTransfer.types.includes(KIND)) return
        event.preventDefault()
        event.dataTransfer.dropEffect = 'move'
        setOver(agent_id ?? TRAY)
      },
      onDragLeave: (event) => {
        const to = event.relatedTarget
        if (to instanceof Node && event.currentTarget.contains(to)) return
        setOver((at) => (at === (agent_id ?? TRAY) ? null : at))
      },
      onDrop: (event) => {
        if (!may_take || !event.dataTransfer.types.includes(KIND)) return
        event.preventDefault()
        const dropped = event.dataTransfer.getData(KIND).split(' ')
        end()
        onPut(dropped, agent_id)
      },
    }),
  }
}

/** The stack under the pointer. The browser takes its picture at once, from a place nobody sees. */
function carryPicture(carried: DataTransfer, number: PhoneNumber, count: number): void {
  if (!carried.setDragImage) return
  const stack = document.createElement('div')
  stack.className = 'drag'
  const top = document.createElement('div')
  const name = document.createElement('b')
  name.textContent = formatNumber(number.phone_number)
  const about = document.createElement('small')
  about.textContent = count > 1 ? `${number.friendly_name}, and ${count - 1} more` : number.friendly_name
  top.append(name, about)
  stack.append(top)
  if (count > 1) {
    const badge = document.createElement('span')
    badge.className = 'cnt'
    badge.textContent = String(count)
    stack.append(badge)
  }
  document.body.append(stack)
  carried.setDragImage(stack, 24, 20)
  setTimeout(() => stack.remove())
}
