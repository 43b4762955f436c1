// @vitest-environment happy-dom

import { screen } from '@testing-library/react'
import axe from 'axe-core'
import { afterEach, describe, expect, it } from 'vitest'
import { sidOf } from '../../support/fake-floor.ts'
import { openConsole, settle } from '../../support/render-console.tsx'

let stop: () => void = () => undefined
afterEach(() => stop())

/** Rules that need layout or colours, which this DOM has not: the pictures' script runs them in Chromium. */
const NEEDS_LAYOUT = ['color-contrast', 'target-size', 'scrollable-region-focusable']

const PAGES = [
  { name: 'live wall', options: {}, act: 'a' },
  { name: 'live wall, few calls', options: { calls: 3 }, act: 'a' },
  { name: 'live wall, quiet', options: { calls: 0 } },
  { name: 'call', options: { at: `#/calls/${sidOf(1)}` } },
  { name: 'call, much of it unheard', options: { at: `#/calls/${sidOf(29)}` } },
  { name: 'call that is over', options: { at: `#/calls/${sidOf(10)}` } },
  { name: 'agents', options: { role: 'agent_manager', at: '#/agents' } },
  { name: 'agent editor', options: { role: 'agent_manager', at: '#/agents/ag_billing001' } },
  { name: 'numbers', options: { role: 'agent_manager', at: '#/numbers' } },
  { name: 'numbers, read only', options: { at: '#/numbers' } },
  { name: 'agent editor, read only', options: { role: 'analyst', at: '#/agents/ag_billing001' } },
  { name: 'analytics', options: { role: 'agent_manager', at: '#/analytics' } },
  { name: 'sign-in', options: { signed_in: false } },
] as const

describe('no serious fault of accessibility', () => {
  it.each(PAGES)('on the page: $name', async (page) => {
    const opened = await openConsole(page.options)
    stop = opened.stop
    if ('act' in page) await opened.user.keyboard(page.act)
    await settle(120)
    expect(screen.getByRole('main')).toBeTruthy()
    const result = await axe.run(document.body, {
      rules: Object.fromEntries(NEEDS_LAYOUT.map((rule) => [rule, { enabled: false }])),
    })
    const serious = result.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 140)).join(' | ')}`)
    expect(serious).toEqual([])
  })
})
