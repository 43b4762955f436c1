// Every act has a receipt: a tick is done, a dashed ring waits, a cross is refused with why.
import { Check, X } from 'lucide-react'
import { Icon } from './icon.tsx'

export interface ReceiptStep {
  word: string
  state: 'done' | 'wait' | 'bad'
  time?: string
}

const SAYS = { done: 'done', wait: 'waiting', bad: 'not done' } as const

export function Receipt({ steps }: { steps: readonly ReceiptStep[] }) {
  return (
    <ol className="receipt">
      {steps.map((step) => (
        <li key={step.word} className={step.state}>
          {step.state === 'wait' ? <i className="dash" /> : <Icon of={step.state === 'done' ? Check : X} />}
          <span className="sr-only">{SAYS[step.state]}:</span>
          <span>{step.word}</span>
          {step.time && <span className="num">{step.time}</span>}
        </li>
      ))}
    </ol>
  )
}
