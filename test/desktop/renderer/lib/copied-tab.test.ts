import { afterEach, describe, expect, it } from 'vitest'
import { heldByLock, heldByWord, isCopiedTab } from '../../../../desktop/renderer/lib/copied-tab.ts'

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
  return { hold: heldByLock({ request } as never), close }
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
    const { hold, close } = browserLocks()
    const first = storageOf()
    expect(await isCopiedTab({ storage: first, hold, patience: patient(), newName })).toBe(false)
    const copy = storageOf(first.items)
    const patience = new AbortController()
    const asked = isCopiedTab({ storage: copy, hold, patience: patience.signal, newName })
    patience.abort()
    expect(await asked).toBe(true)
    const name = copy.getItem('phony.tab')
    expect(name).not.toBe(first.getItem('phony.tab'))
    close(`phony.tab.${name}`)
    expect(await isCopiedTab({ storage: copy, hold, patience: patient(), newName })).toBe(false)
  })

  it('is none that is loaded again before the page it had is quite gone', async () => {
    const { hold, close } = browserLocks()
    const storage = storageOf()
    await isCopiedTab({ storage, hold, patience: patient(), newName })
    const name = storage.getItem('phony.tab')
    const again = isCopiedTab({ storage, hold, patience: patient(), newName })
    close(`phony.tab.${name}`)
    expect(await again).toBe(false)
    expect(storage.getItem('phony.tab')).toBe(name)
  })

  it('cannot be told where locks cannot be asked for', async () => {
    const storage = storageOf([['phony.tab', 'tab-0']])
    const hold = heldByLock({ request: () => Promise.reject(new Error('SecurityError')) } as never)
    expect(await isCopiedTab({ storage, hold, patience: patient(), newName })).toBe(false)
  })
})

describe('without locks', () => {
  const channels: BroadcastChannel[] = []
  const tab = () => {
    const channel = new BroadcastChannel('tabs')
    channels.push(channel)
    const hold = heldByWord(channel, () => new Promise((done) => setTimeout(done, 20)))
    return { hold, close: () => channel.close() }
  }
  afterEach(() => {
    for (const channel of channels.splice(0)) channel.close()
  })

  it('a name is held by one tab, and by the next when that is closed', async () => {
    const [first, copy, again] = [tab(), tab(), tab()]
    expect(await first.hold('tab-a', patient())).toBe(true)
    expect(await copy.hold('tab-a', AbortSignal.abort())).toBe(false)
    expect(await copy.hold('tab-b', patient())).toBe(true)
    first.close()
    expect(await again.hold('tab-a', patient())).toBe(true)
  })

  it('a page that is loaded again has its name as soon as the one before it is gone', async () => {
    const [before, again] = [tab(), tab()]
    await before.hold('tab-a', patient())
    const asked = again.hold('tab-a', patient())
    setTimeout(before.close, 30)
    expect(await asked).toBe(true)
  })
})
