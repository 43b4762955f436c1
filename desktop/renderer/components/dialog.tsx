// A dialog asks a question in its title; its button repeats the verb.
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useBackFocus } from '../lib/back-focus.ts'

export function Dialog({
  title,
  onClose,
  children,
  says,
  className = '',
  focusAfter,
}: {
  title: string
  onClose: () => void
  children: ReactNode
  /** One or two sentences on what it will do. */
  says?: string
  className?: string
  /** What has the focus once it is closed, where that is not what had it before. */
  focusAfter?: () => HTMLElement | null
}) {
  const giveBack = useBackFocus()
  return (
    <Radix.Root open onOpenChange={(open) => open || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="scrim" />
        <Radix.Content
          className={`dialog floating ${className}`}
          onCloseAutoFocus={(event) => giveBack(event, focusAfter?.())}
          {...(says ? {} : { 'aria-describedby': undefined })}
        >
          <Radix.Title asChild>
            <h2>{title}</h2>
          </Radix.Title>
          {says && <Radix.Description>{says}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function DialogActs({ children }: { children: ReactNode }) {
  return <div className="row dialog-acts">{children}</div>
}
