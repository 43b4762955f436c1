// The client of the API: kept connections, each with one request at a time. Paced, requests are due at fixed moments and
// waiting for a free connection counts; at full speed the next one goes out when the last was answered.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Asked {
  method: 'GET' | 'POST'
  path: string
  body?: object
}
export interface LoadOptions {
  url: string
  token: string
  connections: number
  seconds: number
  /** Requests a second; null: as many as can be. */
  rate: number | null
  /** Asked for each request. */
  next: () => Asked
}
export interface LoadResult {
  /** From when each request was due to the last byte of its answer, in the order of the answers. */
  delays_ms: number[]
  seconds: number
}

/** @throws (rejects) with the first answer that is no success */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { connections, seconds, rate, next } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxTotalSockets: connections })
  const delays_ms: number[] = []
  const began_ms = performance.now()
  const end_ms = began_ms + seconds * 1_000
  let sent = 0
  const one = async (): Promise<void> => {
    for (;;) {
      let due_ms = rate === null ? performance.now() : began_ms + (sent++ * 1_000) / rate
      if (due_ms >= end_ms) return
      // A late timer is none of the server's; a request that found no free connection is.
      if (due_ms > performance.now()) {
        await sleep(due_ms - performance.now())
        due_ms = performance.now()
      }
      await ask(options, next(), agent)
      delays_ms.push(performance.now() - due_ms)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, one))
  } finally {
    agent.destroy()
  }
  return { delays_ms, seconds: (performance.now() - began_ms) / 1_000 }
}

/** Longer than any answer that could be called one. */
const HANGS_MS = 10_000

function ask({ url, token }: LoadOptions, { method, path, body }: Asked, agent: Agent): Promise<void> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${token}`,
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, agent, headers, timeout: HANGS_MS }, (answer) => {
      const isGood = answer.statusCode !== undefined && answer.statusCode >= 200 && answer.statusCode < 300
      let said = ''
      answer.on('data', (data: Buffer) => {
        if (!isGood) said += data.toString()
      })
      answer.on('error', reject)
      answer.on('end', () => {
        if (isGood) resolve()
        else reject(new Error(`${method} ${path} was answered with ${answer.statusCode}: ${said.slice(0, 300)}`))
      })
    })
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} was not answered in ${HANGS_MS} ms.`)))
    sent.end(text)
  })
}
