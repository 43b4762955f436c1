import type { LucideIcon } from 'lucide-react'
import { ChevronDown, ListFilter } from 'lucide-react'
import type { InputHTMLAttributes, ReactNode, SelectHTMLAttributes } from 'react'
import { useId } from 'react'
import { Icon } from './icon.tsx'

/** Label above, help or error below. */
export function Labelled({
  label,
  help,
  error,
  children,
}: {
  label: string
  help?: ReactNode
  error?: string | undefined
  children: (ids: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode
}) {
  const id = useId()
  return (
    <div>
      <label className="label" htmlFor={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': `${id}-help`, 'aria-invalid': error !== undefined })}
      <p className={`help ${error ? 'bad' : ''}`} id={`${id}-help`} role={error ? 'alert' : undefined}>
        {error ?? help}
      </p>
    </div>
  )
}

export function Input({ className = '', ...rest }: InputHTMLAttributes<HTMLInputElement>) {
  return <input className={`field input ${rest['aria-invalid'] ? 'bad' : ''} ${className}`} {...rest} />
}

export function Select({ className = '', children, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <span className={`field select ${rest.disabled ? 'off' : ''} ${className}`}>
      <select {...rest}>{children}</select>
      <Icon of={ChevronDown} className="s dim" />
    </span>
  )
}

/** The choices of a select, each with its word. */
export function Options<T extends string>({ of, words }: { of: readonly T[]; words?: Record<T, string> }) {
  return of.map((value) => (
    <option key={value} value={value}>
      {words?.[value] ?? value}
    </option>
  ))
}

/** A field that narrows what is below it. `/` goes there, Esc clears it. */
export function FilterField({
  value,
  onChange,
  label,
  icon = ListFilter,
  small = false,
  className = '',
}: {
  value: string
  onChange: (value: string) => void
  label: string
  icon?: LucideIcon
  small?: boolean
  className?: string
}) {
  return (
    <span className={`field ${small ? 'sm' : ''} ${className}`}>
      <Icon of={icon} className="s dim" />
      <input
        className="bare"
        type="text"
        aria-label={label}
        placeholder={label}
        value={value}
        data-filter
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          onChange('')
          event.currentTarget.blur()
        }}
      />
      {value === '' && <kbd>/</kbd>}
    </span>
  )
}

/** Puts the focus into the filter of the screen. */
export function focusFilter(): void {
  document.querySelector<HTMLInputElement>('[data-filter]')?.focus()
}
