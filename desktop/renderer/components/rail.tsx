import type { LucideIcon } from 'lucide-react'
import { Icon } from './icon.tsx'
import { Mark } from './mark.tsx'

export interface RailItem {
  href: string
  word: string
  icon: LucideIcon
  is_on: boolean
  /** What waits there; red when one of them is urgent. */
  count?: { value: number; level: 2 | 3 }
}

export function Rail({ items }: { items: readonly RailItem[] }) {
  return (
    <nav className="rail" aria-label="Screens">
      <a className="rail-mark" href="#/live" aria-label="Phony, live calls">
        <Mark />
      </a>
      {items.map((item, index) => (
        <a
          key={item.href}
          className={`rail-item ${item.is_on ? 'on' : ''}`}
          href={`#${item.href}`}
          title={`Ctrl+${index + 1}`}
          aria-current={item.is_on ? 'page' : undefined}
        >
          <Icon of={item.icon} />
          <span>{item.word}</span>
          {item.count && item.count.value > 0 && (
            <b className={`count l${item.count.level}`}>
              {item.count.value}
              <span className="sr-only"> need you</span>
            </b>
          )}
        </a>
      ))}
    </nav>
  )
}
