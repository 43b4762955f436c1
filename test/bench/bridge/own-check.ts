// Does the bench see what it says it sees? It measures a bridge whose faults are known.
import { type Bench, runClean } from './series.ts'

const CALLS = 20
const SECONDS = 3
/** Every frame of that bridge waits for so long. */
const DELAY_MS = 10

/** @returns what it did not see, in sentences; none when all is well */
export async function checkBench(bench: Bench): Promise<string[]> {
  const { result } = await runClean({ ...bench, retries: 2 }, { system: 'faulty', calls: CALLS, seconds: SECONDS })
  const { frames, up } = result
  // One of each in a thousand; the first frames may go before all is open.
  const planted = Math.floor(frames.sent / 1_000)
  const seen = { lost: frames.lost, doubled: frames.doubled, disordered: frames.disordered, crossed: frames.crossed }
  const wrong = Object.entries(seen)
    .filter(([, count]) => Math.abs(count - planted) > 1 || count === 0)
    .map(([what, count]) => `Of ${planted} frames that were planted as ${what}, the bench saw ${count}.`)
  if ((up.p50_ms ?? 0) < DELAY_MS) wrong.push(`The bench saw ${up.p50_ms} ms where every frame waits for ${DELAY_MS}.`)
  return wrong
}
