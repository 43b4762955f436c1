// What the pages of the console may speak to.
import { expect, it } from 'vitest'
import { consolePolicy } from '../../../relay/http/console.ts'

const connects = (host: string | undefined) => /connect-src [^;]*/.exec(consolePolicy(host))?.[0]

it.each(['phony.example', 'phony.example:8443', '127.0.0.1:8080', '[::1]:8080'])('is %s, which served them', (host) => {
  expect(connects(host)).toBe(`connect-src 'self' ws://${host} wss://${host}`)
})

it.each([undefined, 'a b', "x; script-src 'unsafe-inline'", 'x,y', '*', 'https://x', ''])(
  'is nothing more where the request says %s',
  (host) => {
    expect(consolePolicy(host)).toContain("connect-src 'self';")
    expect(consolePolicy(host).split(';')).toHaveLength(12)
  },
)

it('is each once where a proxy serves them under another name', () => {
  const policy = consolePolicy('phony.example', '10.0.0.7:8080')
  expect(policy).toContain("'self' ws://phony.example wss://phony.example ws://10.0.0.7:8080 wss://10.0.0.7:8080;")
  expect(consolePolicy('a.example', 'a.example')).toContain("connect-src 'self' ws://a.example wss://a.example;")
})
