import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { Icon } from './icon.tsx'

export function Menu({
  trigger,
  children,
  align = 'start',
  width,
  label,
  open,
  onOpenChange,
}: {
  /** A button; it gets the menu's attributes. */
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
  width?: number
  label?: string
  /** Given together by who opens it otherwise than by its trigger. */
  open?: boolean
  onOpenChange?: (is_open: boolean) => void
}) {
  return (
    <Radix.Root modal={false} {...(open === undefined ? {} : { open })} {...(onOpenChange && { onOpenChange })}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className="menu floating-menu"
          align={align}
          sideOffset={4}
          style={{ minWidth: width }}
          aria-label={label}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function MenuItem({
  onSelect,
  children,
  aside,
  icon,
  danger = false,
  disabled = false,
}: {
  onSelect: () => void
  children: ReactNode
  aside?: ReactNode
  icon?: ReactNode
  danger?: boolean
  disabled?: boolean
}) {
  return (
    <Radix.Item className={`mi ${danger ? 'danger' : ''}`} onSelect={onSelect} disabled={disabled}>
      {icon}
      <span className="trunc">{children}</span>
      {aside && <span className="k num">{aside}</span>}
    </Radix.Item>
  )
}

/** One of several, the chosen one with a tick. */
export function MenuChoices<T extends string>({
  value,
  choices,
  onChoose,
  label,
}: {
  value: T
  choices: readonly { value: T; word: string; aside?: ReactNode }[]
  onChoose: (value: T) => void
  label?: string
}) {
  return (
    <>
      {label && <Radix.Label className="mh">{label}</Radix.Label>}
      <Radix.RadioGroup value={value} onValueChange={(next) => onChoose(next as T)} aria-label={label}>
        {choices.map((choice) => (
          <Radix.RadioItem key={choice.value} value={choice.value} className="mi">
            <span className="mi-tick">
              <Radix.ItemIndicator>
                <Icon of={Check} />
              </Radix.ItemIndicator>
            </span>
            <span className="trunc">{choice.word}</span>
            {choice.aside && <span className="k num">{choice.aside}</span>}
          </Radix.RadioItem>
        ))}
      </Radix.RadioGroup>
    </>
  )
}

export function MenuHead({ children }: { children: ReactNode }) {
  return <Radix.Label className="mh">{children}</Radix.Label>
}

export function MenuLine() {
  return <Radix.Separator className="menu-line" />
}
