// Which relay the console in a browser speaks to.
import { expect, it } from 'vitest'
import { relayOf } from '../../../../desktop/renderer/lib/browser-bridge.ts'

const at = (address: string) => relayOf(new URL(address))

it('is the one that served it, whatever a link says', () => {
  expect(at('https://phony.company.example/console/?relay=https://elsewhere.example')).toBe(
    'https://phony.company.example',
  )
})

it('may be another one on the machine of who works on it', () => {
  expect(at('http://localhost:5173/?relay=http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080')
  expect(at('http://127.0.0.1:8080/console/')).toBe('http://127.0.0.1:8080')
})
