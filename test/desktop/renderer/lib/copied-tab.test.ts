import { describe, expect, it } from 'vitest'
import { isCopiedTab } from '../../../../desktop/renderer/lib/copied-tab.ts'

/** The locks of one browser: a name is held until its tab is closed. */
function browserLocks() {
  const held = new Set<string>()
  const waiting = new Map<string, () => void>()
  const request = (name: string, { signal }: { signal: AbortSignal }, take: () => Promise<unknown>) =>
    new Promise((done, fail) => {
      const grant = () => {
        held.add(name)
        take().then(done, fail)
      }
      signal.addEventListener('abort', () => fail(signal.reason))
      if (held.has(name)) waiting.set(name, grant)
      else grant()
    })
  const close = (name: string) => {
    held.delete(name)
    waiting.get(name)?.()
  }
  return { locks: { request } as never as Pick<LockManager, 'request'>, close }
}
function storageOf(copied: Iterable<[string, string]> = []) {
  const items = new Map(copied)
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}
let names = 0
const newName = () => `tab-${++names}`
const patient = () => new AbortController().signal

describe('a duplicated tab', () => {
  it('is told from the first one, and is its own when it is loaded again', async () => {
    const { locks, close } = browserLocks()
    const first = storageOf()
    expect(await isCopiedTab({ storage: first, locks, patience: patient(), newName })).toBe(false)
    const copy = storageOf(first.items)
    const patience = new AbortController()
    const asked = isCopiedTab({ storage: copy, locks, patience: patience.signal, newName })
    patience.abort()
    expect(await asked).toBe(true)
    const name = copy.getItem('phony.tab')
    expect(name).not.toBe(first.getItem('phony.tab'))
    close(`phony.tab.${name}`)
    expect(await isCopiedTab({ storage: copy, locks, patience: patient(), newName })).toBe(false)
  })

  it('is none that is loaded again before the page it had is quite gone', async () => {
    const { locks, close } = browserLocks()
    const storage = storageOf()
    await isCopiedTab({ storage, locks, patience: patient(), newName })
    const name = storage.getItem('phony.tab')
    const again = isCopiedTab({ storage, locks, patience: patient(), newName })
    close(`phony.tab.${name}`)
    expect(await again).toBe(false)
    expect(storage.getItem('phony.tab')).toBe(name)
  })

  it('cannot be told where there are no locks, or they cannot be asked for', async () => {
    const storage = storageOf([['phony.tab', 'tab-0']])
    expect(await isCopiedTab({ storage, locks: undefined, patience: patient(), newName })).toBe(false)
    const locks = { request: () => Promise.reject(new Error('SecurityError')) } as never
    expect(await isCopiedTab({ storage, locks, patience: patient(), newName })).toBe(false)
  })
})
