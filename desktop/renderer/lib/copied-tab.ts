// A duplicated tab begins with a copy of the first one's session storage, and with it of a refresh token that works
// once: whichever used it second would end the sign-in of both. Each tab holds a name of its own while it is open, so a
// copy finds the name it was given taken.

const NAME_KEY = 'phony.tab'
/** A tab that is busy answers later than one that is not, and any within this time. */
const ANSWER_MS = 250

/**
 * Takes a name, and holds it until the tab is closed.
 * @param patience ends the waiting for a name that somebody else holds
 * @returns false when somebody else kept it
 */
export type HoldName = (name: string, patience: AbortSignal) => Promise<boolean>

export interface Tab {
  storage: Pick<Storage, 'getItem' | 'setItem'>
  hold: HoldName
  /** A page that is loaded again gets its name as soon as the one before it is gone. */
  patience: AbortSignal
  newName(): string
}

/**
 * Whether this tab's storage is a copy of another's that is still open. It has its own name from then on.
 * @throws never
 * @source HTML Standard, "copy session storage"
 */
export async function isCopiedTab({ storage, hold, patience, newName }: Tab): Promise<boolean> {
  const name = storage.getItem(NAME_KEY)
  if (name !== null && (await hold(name, patience))) return false
  const own = newName()
  storage.setItem(NAME_KEY, own)
  await hold(own, new AbortController().signal)
  return name !== null
}

/** Names as locks; one that cannot be asked for is taken as held. @source Web Locks API */
export const heldByLock =
  (locks: Pick<LockManager, 'request'>): HoldName =>
  (name, patience) =>
    new Promise((done) => {
      const untilTheTabIsClosed = () => {
        done(true)
        return new Promise<never>(() => undefined)
      }
      locks
        .request(`${NAME_KEY}.${name}`, { signal: patience }, untilTheTabIsClosed)
        .catch(() => done(!patience.aborted))
    })

/**
 * Names that are asked for among the tabs, where the page came over plain HTTP and has no locks.
 * @param pause waits so many milliseconds
 * @source HTML Standard, "Broadcasting to other browsing contexts"
 */
export const heldByWord =
  (channel: BroadcastChannel, pause: (ms: number) => Promise<void>): HoldName =>
  async (name, patience) => {
    let is_mine = false
    let is_taken = false
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data === `whose ${name}`) {
        if (is_mine) channel.postMessage(`mine ${name}`)
      } else if (data === `mine ${name}`) is_taken = true
    })
    do {
      is_taken = false
      channel.postMessage(`whose ${name}`)
      await pause(ANSWER_MS)
    } while (is_taken && !patience.aborted)
    is_mine = !is_taken
    return is_mine
  }
