// A duplicated tab begins with a copy of the first one's session storage, and with it of a refresh token that works
// once: whichever used it second would end the sign-in of both. Each tab holds a lock of its own name while it is open,
// so a copy finds the name it was given taken.

const NAME_KEY = 'phony.tab'

export interface Tab {
  storage: Pick<Storage, 'getItem' | 'setItem'>
  /** Undefined where the page came over plain HTTP: there nothing can be told. */
  locks: Pick<LockManager, 'request'> | undefined
  /** Ends the waiting for the name. A page that is loaded again gets it as soon as the one before it is gone. */
  patience: AbortSignal
  newName(): string
}

/**
 * Whether this tab's storage is a copy of another's that is still open. It has its own name from then on.
 * @throws never
 * @source HTML Standard, "copy session storage"; Web Locks API
 */
export async function isCopiedTab({ storage, locks, patience, newName }: Tab): Promise<boolean> {
  if (!locks) return false
  const name = storage.getItem(NAME_KEY)
  if (name !== null && (await holds(locks, name, patience))) return false
  const own = newName()
  storage.setItem(NAME_KEY, own)
  await holds(locks, own, new AbortController().signal)
  return name !== null
}

/** @returns false when somebody else kept the lock; one that cannot be asked for is taken as held */
function holds(locks: NonNullable<Tab['locks']>, name: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((done) => {
    const untilTheTabIsClosed = () => {
      done(true)
      return new Promise<never>(() => undefined)
    }
    locks.request(`${NAME_KEY}.${name}`, { signal }, untilTheTabIsClosed).catch(() => done(!signal.aborted))
  })
}
