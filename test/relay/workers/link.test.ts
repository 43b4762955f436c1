// What is said over the link: nothing is lost or changes places, and what is said often shares its messages.
import { describe, expect, it } from 'vitest'
import { type Channel, Link } from '../../../relay/workers/link.ts'

type Theirs = { note(number: number): void; double(number: number): number }
const GATHER_MS = 20
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const channelTo = (arrive: (message: unknown) => void): Channel => ({
  send(message, done) {
    arrive(structuredClone(message))
    done(null)
  },
})

function linked() {
  const messages: unknown[] = []
  const notes: number[] = []
  const theirs: Theirs = { note: (number) => void notes.push(number), double: (number) => number * 2 }
  const there: Link<Record<never, never>, Theirs> = new Link(
    channelTo((message) => here.receive(message)),
    theirs,
  )
  const here: Link<Theirs, Record<never, never>> = new Link(
    channelTo((message) => {
      messages.push(message)
      there.receive(message)
    }),
    {},
    GATHER_MS,
  )
  return { here, messages, notes }
}

describe('a link that gathers', () => {
  it('sends what is said after a silence at the end of the turn', async () => {
    const { here, messages, notes } = linked()
    here.tell('note', 1)
    here.tell('note', 2)
    await new Promise(setImmediate)
    expect([messages.length, notes]).toEqual([1, [1, 2]])
  })

  it('sends what is said all the time in few messages, in order, and loses nothing', async () => {
    const { here, messages, notes } = linked()
    const said = Array.from({ length: 40 }, (_, number) => number)
    const answers: Promise<number>[] = []
    for (const number of said) {
      here.tell('note', number)
      answers.push(here.ask('double', number))
      await pause(1)
    }
    expect(await Promise.all(answers)).toEqual(said.map((number) => number * 2))
    expect(notes).toEqual(said)
    expect(messages.length).toBeLessThan(said.length / 2)
  })

  it('says at once what must be there before something else', () => {
    const { here, messages, notes } = linked()
    here.tell('note', 1)
    here.flush()
    here.tell('note', 2)
    here.flush()
    expect([messages.length, notes]).toEqual([2, [1, 2]])
  })
})
