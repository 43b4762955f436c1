// Commands to calls over all relays. Each relay hears one channel of commands and one of answers; a key says which
// relay has the call. A call of this relay is asked directly, so it can be ended while Redis is away.
//
//   send -> owner's key -> its channel of commands -> handler -> the sender's channel of answers
import { randomBytes } from 'node:crypto'
import type { ErrorCode } from '../../shared/errors.ts'
import { pause } from '../platform/clock.ts'
import { messageOf, RelayError, type RelayErrorDetails } from '../platform/errors.ts'
import type { CallBus, CallRef, Clock } from '../platform/ports.ts'
import { callOwners } from './call-owners.ts'
import type { RedisConnection } from './redis-connection.ts'
import { fromText, toText } from './redis-values.ts'

/** A relay that is not heard for the moment (its connection breaks and comes back) is tried again so often. */
const RETRY_MS = 50

/** @returns -1 when nobody has the call, else how many heard the command: one, or none */
const SEND = `
local owner = redis.call('GET', KEYS[1])
if not owner then return -1 end
return redis.call('PUBLISH', ARGV[1] .. owner .. ARGV[2], ARGV[3])`

interface Letter<Command> {
  id: string
  call: CallRef
  command: Command
  answer_to: string
  /** In Redis's time: whoever reads it later does nothing, for the sender has given up. */
  until_ms: number
}
type Reply<Answer> =
  | { id: string; result: 'answer'; answer: Answer }
  | { id: string; result: 'nobody' }
  | { id: string; result: 'error'; message: string; known: { code: ErrorCode; details: RelayErrorDetails } | null }

/**
 * Rejects with STORE_UNAVAILABLE when the call is not here and Redis is away: whether anybody has it cannot be known.
 * @param kind each use of calls is a bus of its own
 */
export function redisCallBus<Command, Answer>(deps: {
  redis: RedisConnection
  clock: Clock
  kind?: string
}): CallBus<Command, Answer> {
  const { redis, clock, kind = 'commands' } = deps
  const handlers = new Map<string, (command: Command) => Promise<Answer>>()
  const waiting = new Map<string, (reply: Reply<Answer>) => void>()
  const owners = callOwners(redis, clock, kind)
  const channelOf = (run_id: string): string => redis.keys.sharedKey('relay', run_id, kind)
  const answers = redis.keys.sharedKey('relay', redis.run_id, `${kind}-answers`)

  const hearings = [
    redis.hear(channelOf(redis.run_id), (data) => void obey(fromText<Letter<Command>>(data.toString()))),
    redis.hear(answers, (data) => {
      const reply = fromText<Reply<Answer>>(data.toString())
      waiting.get(reply.id)?.(reply)
    }),
  ]
  redis.beforeClose(() => {
    for (const hearing of hearings) hearing.stop()
  })

  async function obey({ id, call, command, answer_to, until_ms }: Letter<Command>): Promise<void> {
    if (redis.now_ms() > until_ms) return
    const reply = await replyOf(id, handlers.get(nameOf(call)), command)
    // Without an answer the sender's time runs out.
    await redis.ask((commands) => commands.publish(answer_to, toText(reply))).catch(() => {})
  }

  /** Ends when somebody has heard the letter, nobody has the call, or the sender waits no more. */
  async function post(letter: Letter<Command>): Promise<'heard' | 'nobody'> {
    const args = [redis.keys.sharedKey('relay', ''), `:${kind}`, toText(letter)]
    while (waiting.has(letter.id)) {
      const heard = Number(await redis.run(SEND, [owners.keyOf(letter.call)], args))
      if (heard > 0) return 'heard'
      if (heard < 0) return 'nobody'
      await pause(clock, RETRY_MS)
    }
    return 'nobody'
  }

  async function sendFar(letter: Letter<Command>): Promise<Answer | null> {
    const reply = new Promise<Reply<Answer>>((resolve) => waiting.set(letter.id, resolve))
    return (await post(letter)) === 'nobody' ? null : answerOf(await reply)
  }

  return {
    async send({ tenant_id, call_sid }, command, deadline_ms) {
      const call = { tenant_id, call_sid }
      const handler = handlers.get(nameOf(call))
      const id = randomBytes(9).toString('base64url')
      const until_ms = redis.now_ms() + deadline_ms
      let timer = { cancel: () => {} }
      const late = new Promise<null>((resolve) => {
        timer = clock.setTimeout(() => resolve(null), deadline_ms)
      })
      try {
        const answer = handler ? handler(command) : sendFar({ id, call, command, answer_to: answers, until_ms })
        return await Promise.race([answer, late])
      } finally {
        timer.cancel()
        waiting.delete(id)
      }
    },
    serve({ tenant_id, call_sid }, handler) {
      const call = { tenant_id, call_sid }
      handlers.set(nameOf(call), handler)
      owners.claim(call)
      return () => {
        // The next owner may already listen.
        if (handlers.get(nameOf(call)) !== handler) return
        handlers.delete(nameOf(call))
        void owners.release(call)
      }
    },
  }
}

async function replyOf<Command, Answer>(
  id: string,
  handler: ((command: Command) => Promise<Answer>) | undefined,
  command: Command,
): Promise<Reply<Answer>> {
  if (handler === undefined) return { id, result: 'nobody' }
  try {
    return { id, result: 'answer', answer: await handler(command) }
  } catch (error) {
    const known = error instanceof RelayError ? { code: error.code, details: error.details } : null
    return { id, result: 'error', message: messageOf(error), known }
  }
}

function answerOf<Answer>(reply: Reply<Answer>): Answer | null {
  if (reply.result === 'answer') return reply.answer
  if (reply.result === 'nobody') return null
  throw reply.known ? new RelayError(reply.known.code, reply.known.details) : new Error(reply.message)
}

const nameOf = ({ tenant_id, call_sid }: CallRef): string => `${tenant_id} ${call_sid}`
