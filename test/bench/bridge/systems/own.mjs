// The product's own framing and scans, and nothing else of it: what the rest of the product costs stands beside this.
// It does what `naive` does.
import { createServer } from 'node:http'
import { SESSION } from './session.mjs'

const { WIRES } = await import(`${process.env.RELAY}/framing/wire.js`)
const { HotFrame } = await import(`${process.env.RELAY}/framing/frame-writer.js`)
const { scanMedia } = await import(`${process.env.RELAY}/twilio/media-scan.js`)
const { scanDelta } = await import(`${process.env.RELAY}/openai/delta-scan.js`)

const LIMITS = { max_message_bytes: 16 << 20, max_fragments: 1_000, checks_utf8: false }
const APPEND = new HotFrame('{"type":"input_audio_buffer.append","audio":"', '"}')
const IGNORED = { onBinary() {}, onPong() {}, onError() {} }
const server = createServer()

server.on('upgrade', (request, socket, head) => {
  const call = { stream_sid: '', media: null, mark: null, item_id: '', sent: 0 }
  const phone = WIRES.own.accept(
    request,
    socket,
    head,
    {
      ...IGNORED,
      onText(data) {
        const media = scanMedia(data)
        if (media) return model.sendHot(APPEND, media.payload)
        const message = JSON.parse(data.toString())
        if (message.event === 'start') start(message.start.streamSid)
        if (message.event === 'stop') phone.close(1000)
      },
      onClose: () => model.close(1000),
    },
    LIMITS,
  )
  const model = WIRES.own.open(
    {
      ...LIMITS,
      url: `ws://${process.env.MODEL}/v1/realtime?model=gpt-realtime-2.1`,
      headers: {},
      handshake_timeout_ms: 10_000,
    },
    {
      ...IGNORED,
      onOpen: () => model.sendText(JSON.stringify({ type: 'session.update', session: SESSION })),
      onRefused() {},
      onText(data) {
        const delta = scanDelta(data)
        if (delta) return play(delta)
        if (JSON.parse(data.toString()).type === 'input_audio_buffer.speech_started') interrupt()
      },
      onClose: () => phone.close(1000),
    },
  )

  function start(stream_sid) {
    call.stream_sid = stream_sid
    call.media = new HotFrame(`{"event":"media","streamSid":"${stream_sid}","media":{"payload":"`, '"}}')
    call.mark = new HotFrame(`{"event":"mark","streamSid":"${stream_sid}","mark":{"name":"`, '"}}')
  }

  function play({ item_id, delta }) {
    if (call.media === null) return
    phone.sendHot(call.media, delta)
    phone.sendHot(call.mark, String(++call.sent))
    call.item_id = item_id
  }

  function interrupt() {
    if (call.sent === 0) return
    phone.sendText(JSON.stringify({ event: 'clear', streamSid: call.stream_sid }))
    const cut = { item_id: call.item_id, content_index: 0, audio_end_ms: 100 }
    model.sendText(JSON.stringify({ type: 'conversation.item.truncate', ...cut }))
    call.sent = 0
  }
})

server.listen(0, '127.0.0.1', () => process.stdout.write(`ready at http://127.0.0.1:${server.address().port}\n`))
