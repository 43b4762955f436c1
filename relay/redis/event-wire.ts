// How an event of a tenant lies in Redis and travels: numbered by a script, kept in a stream, published to all relays.
//
//   <prefix><tenant>:events:head   hash: last (newest number given), kept (newest number kept), bytes (of all ever kept)
//   <prefix><tenant>:events        stream, id <number>-0, about the newest 10,000 and 8 MB; e (the event), b (bytes of
//                                  all that were kept before it)
//   <prefix><tenant>:events:from:<run>  how many events of one relay were taken, so that one sent twice is taken once
//   <prefix><tenant>:events        channel: every event as it is numbered
import type { RelayEvent } from '../../shared/events.ts'
import { EVENTS_KEPT, EVENTS_KEPT_BYTES, EVENTS_PAGE_BYTES } from '../platform/kept-events.ts'
import type { RedisConnection } from './redis-connection.ts'

/** Longer than a relay holds events back. */
const TAKEN_SECONDS = 24 * 3600

export interface LoggedEvent {
  seq: number
  /** Number of the kept event before it: who has not had that one has missed something. */
  prev_kept: number
  is_kept: boolean
  /** Which relay told it, and its how manieth it was. */
  run_id: string
  nth: number
  body: string
}
/** An event on its way to Redis. */
export interface Outgoing {
  nth: number
  is_kept: boolean
  body: string
}
export interface LogHead {
  last: number
  kept: number
}

const HEAD_LUA = `
local function text(number) return string.format('%.0f', number) end
local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2]
local head = redis.call('HMGET', KEYS[1], 'last', 'kept')
local last, kept, floor = tonumber(head[1]), tonumber(head[2]), tonumber(ARGV[1])
if not last then last = math.max(clock, floor); kept = last end
`

/**
 * Numbers follow Redis's clock in microseconds. So they grow over a loss of Redis's data, and what is numbered after an
 * outage lies above what the relays numbered by themselves during it. Events that a relay had to drop get one number
 * together: the first that follows names it as the one before it, so who was not told of them notices.
 *
 * KEYS head, stream, taken.
 * ARGV floor, channel, run, count and bytes to keep, seconds for taken, '1' after a loss; then nth, is_kept, body of each.
 */
const APPEND = `${HEAD_LUA}
local taken = tonumber(redis.call('GET', KEYS[3]) or 0)
local bytes = tonumber(redis.call('HGET', KEYS[1], 'bytes') or 0)
local is_loss = ARGV[7] == '1'
for i = 8, #ARGV, 3 do
  local nth = tonumber(ARGV[i])
  if nth > taken then
    taken = nth
    if is_loss then
      last = math.max(last + 1, clock, floor)
      kept = last
      is_loss = false
    end
    last = math.max(last + 1, clock, floor)
    local event = table.concat({text(last), text(kept), ARGV[i + 1], ARGV[3], ARGV[i], ARGV[i + 2]}, ' ')
    if ARGV[i + 1] == '1' then
      redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], text(last) .. '-0', 'e', event, 'b', text(bytes))
      kept = last
      bytes = bytes + #event
    end
    redis.call('PUBLISH', ARGV[2], event)
  end
end
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
while oldest and bytes - tonumber(oldest[2][4] or 0) > tonumber(ARGV[5]) do
  redis.call('XDEL', KEYS[2], oldest[1])
  oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
end
redis.call('HSET', KEYS[1], 'last', text(last), 'kept', text(kept), 'bytes', text(bytes))
redis.call('SET', KEYS[3], text(taken), 'EX', ARGV[6])
return text(last)`

const HEAD = `${HEAD_LUA}
last = math.max(last, floor)
redis.call('HSET', KEYS[1], 'last', text(last), 'kept', text(kept))
return {text(last), text(kept)}`

/** Few at first, for they may be large. KEYS stream. ARGV the id before the page, its bytes. */
const PAGE = `
local page, bytes, before, step = {}, 0, ARGV[1], 1
repeat
  local entries = redis.call('XRANGE', KEYS[1], '(' .. before, '+', 'COUNT', step)
  for _, entry in ipairs(entries) do
    if bytes >= tonumber(ARGV[2]) then break end
    before = entry[1]
    page[#page + 1] = entry[2][2]
    bytes = bytes + #entry[2][2]
  end
  local is_end = #entries < step
  step = math.min(step * 2, 64)
until is_end or bytes >= tonumber(ARGV[2])
return page`

export class EventWire {
  readonly #redis: RedisConnection
  readonly #stream: string
  readonly #head: string
  readonly #taken: string

  constructor(redis: RedisConnection, tenant_id: string) {
    this.#redis = redis
    this.#stream = redis.keys.tenantKey(tenant_id, 'events')
    this.#head = redis.keys.tenantKey(tenant_id, 'events', 'head')
    this.#taken = redis.keys.tenantKey(tenant_id, 'events', 'from', redis.run_id)
  }

  get channel(): string {
    return this.#stream
  }

  /**
   * Numbers, keeps and publishes events, those that were sent before left out.
   * @param floor the first of them gets this number at least
   * @param is_loss whether others that came before them had to be dropped
   * @returns the newest number given @throws (rejects) RelayError STORE_UNAVAILABLE
   */
  async append(events: Outgoing[], floor: number, is_loss: boolean): Promise<number> {
    const told = events.flatMap(({ nth, is_kept, body }) => [nth, is_kept ? 1 : 0, body])
    const bounds = [EVENTS_KEPT, EVENTS_KEPT_BYTES, TAKEN_SECONDS]
    const args = [floor, this.channel, this.#redis.run_id, ...bounds, is_loss ? 1 : 0, ...told]
    return Number(await this.#redis.run(APPEND, [this.#head, this.#stream, this.#taken], args))
  }

  /** @param floor the newest number is this one at least, from now on @throws (rejects) RelayError STORE_UNAVAILABLE */
  async head(floor: number): Promise<LogHead> {
    const [last, kept] = (await this.#redis.run(HEAD, [this.#head], [floor])) as [string, string]
    return { last: Number(last), kept: Number(kept) }
  }

  /** The first kept events after a number, up to a page of them. @throws (rejects) RelayError STORE_UNAVAILABLE */
  async after(seq: number): Promise<LoggedEvent[]> {
    return ((await this.#redis.run(PAGE, [this.#stream], [`${seq}-0`, EVENTS_PAGE_BYTES])) as string[]).map(readEvent)
  }
}

/** @throws Error when it is no event */
export function readEvent(text: string): LoggedEvent {
  const parts = /^(\d+) (\d+) ([01]) (\S+) (\d+) /.exec(text)
  if (parts === null) throw new Error('This is no event of the log.')
  const [head, seq, prev_kept, is_kept, run_id, nth] = parts as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return {
    seq: Number(seq),
    prev_kept: Number(prev_kept),
    is_kept: is_kept === '1',
    run_id,
    nth: Number(nth),
    body: text.slice(head.length),
  }
}

export const numbered = (body: string, seq: number): RelayEvent => ({ ...JSON.parse(body), seq }) as RelayEvent
