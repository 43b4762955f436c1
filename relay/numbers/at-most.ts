// Many pieces of work, so many at a time: the carrier refuses an account that asks too much at once.

/**
 * Works through a list. After a failure nothing more is begun, and what runs is waited for, so that the caller knows what
 * there is to take back.
 * @throws the first failure
 */
export async function eachAtMost<T>(
  at_once: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  const waiting = items.values()
  async function takeTurns(): Promise<void> {
    for (const item of waiting) {
      await work(item).catch((error: unknown) => failures.push(error))
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: at_once }, takeTurns))
  if (failures.length > 0) throw failures[0]
}
