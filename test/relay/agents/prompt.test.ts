import { describe, expect, it } from 'vitest'
import {
  contextInForce,
  fillPlaceholders,
  renderInstructions,
  unknownPlaceholders,
} from '../../../relay/agents/prompt.ts'

const layers = {
  business: { company: 'Acme', refund: { days: 30, form: 'card' } },
  agent: { refund: { days: 14 } },
  call: { customer: 'M. Alvarez' },
}

describe('prompt', () => {
  it('the call stands over the agent and the agent over the business, key by key', () => {
    expect(contextInForce(layers)).toEqual({
      company: 'Acme',
      refund: { days: 14, form: 'card' },
      customer: 'M. Alvarez',
    })
  })
  it('fills dotted placeholders and leaves unknown ones as they stand', () => {
    expect(fillPlaceholders('{company}: {refund.days} days, {who}, {toString}', contextInForce(layers))).toBe(
      'Acme: 14 days, {who}, {toString}',
    )
    expect(unknownPlaceholders('{company} {who} {who}', contextInForce(layers))).toEqual(['who'])
  })
  it('the model reads the context in force, but not the rules the relay acts on', () => {
    const text = renderInstructions(
      { name: 'Billing', system_prompt: 'You work for {company}.' },
      { ...layers, call: { escalation_rules: { keywords: ['x'] }, promise: 'today' } },
    )
    expect(text).toContain('You work for Acme.')
    expect(text).toContain('"promise": "today"')
    expect(text).not.toContain('escalation_rules')
  })
})
