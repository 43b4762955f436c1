// A child that appends as fast as it can until it is killed, and says each number only after it was acknowledged.
import { appendFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openSpool } from '../../../relay/store/spool.ts'

const [dir, round] = [process.argv[2]!, Number(process.argv[3])]
const spool = await openSpool<{ key: string; n: number }>({
  dir,
  apply: async (records) => {
    for (const { n } of records) {
      // Half of them reach the "store" before the kill.
      if (n % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      appendFileSync(join(dir, 'store'), `${n}\n`)
    }
  },
})
writeSync(1, 'started\n')
for (let n = round * 1_000_000; ; n += 20) {
  await Promise.all(
    Array.from({ length: 20 }, async (_, offset) => {
      await spool.append({ key: `k${offset}`, n: n + offset })
      writeSync(1, `${n + offset}\n`)
    }),
  )
}
