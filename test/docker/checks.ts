// Rules that are checked in order and counted. The first line of why one failed is shown, and the rest goes on.
const say = (text: string): void => void process.stdout.write(`${text}\n`)

export interface Checks {
  readonly passed: number
  readonly failed: number
  /** A rule. It holds when the work ends without throwing. @returns whether it held */
  rule(title: string, work: () => void | Promise<void>): Promise<boolean>
}

export function startChecks(): Checks {
  const count = { passed: 0, failed: 0 }
  return {
    get passed() {
      return count.passed
    },
    get failed() {
      return count.failed
    },
    async rule(title, work) {
      const began_ms = Date.now()
      const seconds = () => `${((Date.now() - began_ms) / 1_000).toFixed(1)} s`
      try {
        await work()
        count.passed++
        say(`  ok    ${title} (${seconds()})`)
        return true
      } catch (error) {
        count.failed++
        say(`  FAIL  ${title} (${seconds()})\n        ${String((error as Error).message).replace(/\n/g, '\n        ')}`)
        return false
      }
    },
  }
}
