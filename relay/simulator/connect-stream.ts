// <Connect><Stream>: opens the relay's socket, lets the call's audio run over it, and tells the stream's
// status callback about it.
import type { CallAudio } from './call-audio.ts'
import type { CallWebhooks } from './call-webhooks.ts'
import type { Ear } from './ear.ts'
import type { PhoneFaults } from './faults.ts'
import type { StreamMessage } from './phone-call.ts'
import { PhoneStream, StreamError } from './phone-stream.ts'
import type { XmlElement } from './twiml-reader.ts'

export interface ConnectWorld {
  readonly account_sid: string
  readonly auth_token: string
  readonly call_sid: string
  readonly ear: Ear
  readonly audio: CallAudio
  readonly webhooks: CallWebhooks
  readonly faults: () => PhoneFaults
  readonly onMessage: (way: StreamMessage['way'], message: Record<string, unknown>) => void
  /** The stream has said `start`. */
  readonly onStarted: (stream: PhoneStream) => void
  readonly onStopped: (stream: PhoneStream) => void
  readonly signal: AbortSignal
}

/** Name and value together. */
const PARAMETER_LIMIT = 500

/**
 * Runs a two-way stream until the relay closes it, the call ends, or other instructions come.
 * @throws never; a stream that cannot be opened is noted (319xx) and the document goes on
 * @source Twilio, TwiML <Connect><Stream>; stream status callbacks as recalled
 */
export async function runStream(world: ConnectWorld, noun: XmlElement): Promise<void> {
  const stream = new PhoneStream({
    url: noun.attributes.url ?? '',
    parameters: readParameters(world, noun),
    account_sid: world.account_sid,
    auth_token: world.auth_token,
    call_sid: world.call_sid,
    ear: world.ear,
    faults: world.faults,
    onMessage: world.onMessage,
    onError: (code, message) => world.webhooks.note(code, message),
  })
  const tell = (event: string, extra: Record<string, string> = {}) => tellStatus(world, noun, stream, event, extra)
  try {
    await stream.open()
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    world.webhooks.note(error.code, error.message)
    tell('stream-error', { StreamError: error.message })
    return
  }
  world.audio.stream = stream
  world.onStarted(stream)
  tell('stream-started')
  if (world.signal.aborted) stream.stop()
  else world.signal.addEventListener('abort', () => stream.stop(), { once: true })
  await stream.closed
  if (world.audio.stream === stream) world.audio.stream = null
  world.onStopped(stream)
  tell('stream-stopped')
}

function readParameters(world: ConnectWorld, noun: XmlElement): Record<string, string> {
  const parameters: Record<string, string> = {}
  for (const { name, attributes } of noun.children) {
    if (name !== 'Parameter' || !attributes.name) continue
    const value = attributes.value ?? ''
    if (attributes.name.length + value.length < PARAMETER_LIMIT) parameters[attributes.name] = value
    else
      world.webhooks.note(
        12200,
        `<Parameter name="${attributes.name}"> is longer than ${PARAMETER_LIMIT} characters; it was dropped.`,
      )
  }
  return parameters
}

function tellStatus(
  world: ConnectWorld,
  noun: XmlElement,
  stream: PhoneStream,
  event: string,
  extra: Record<string, string>,
): void {
  const { statusCallback, statusCallbackMethod, name } = noun.attributes
  if (!statusCallback) return
  world.webhooks.post(statusCallback, statusCallbackMethod === 'GET' ? 'GET' : 'POST', {
    AccountSid: world.account_sid,
    CallSid: world.call_sid,
    StreamSid: stream.stream_sid,
    StreamName: name ?? stream.stream_sid,
    StreamEvent: event,
    Timestamp: new Date().toISOString(),
    ...extra,
  })
}
