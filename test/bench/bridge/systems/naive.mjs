// The bridge everyone writes first: `ws`, JSON.parse and JSON.stringify of every message, in one process. It does what a
// call needs (marks, clear and truncate when the caller cuts in) and keeps nothing of what comes before the model is open.
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { SESSION } from './session.mjs'

const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on('connection', (phone) => {
  const model = new WebSocket(`ws://${process.env.MODEL}/v1/realtime?model=gpt-realtime-2.1`, {
    perMessageDeflate: false,
  })
  const call = { stream_sid: null, item_id: null, sent_ms: 0, heard_ms: 0, marks: [] }
  const say = (socket, message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message))

  model.on('open', () => say(model, { type: 'session.update', session: SESSION }))
  phone.on('message', (data) => {
    const message = JSON.parse(data)
    if (message.event === 'start') call.stream_sid = message.start.streamSid
    if (message.event === 'media') say(model, { type: 'input_audio_buffer.append', audio: message.media.payload })
    if (message.event === 'mark') call.heard_ms = call.marks.shift() ?? call.heard_ms
    if (message.event === 'stop') phone.close()
  })
  model.on('message', (data) => {
    const event = JSON.parse(data)
    if (event.type === 'response.output_audio.delta') play(event)
    if (event.type === 'input_audio_buffer.speech_started') interrupt()
  })

  function play({ item_id, delta }) {
    if (item_id !== call.item_id) Object.assign(call, { item_id, sent_ms: 0, heard_ms: 0 })
    call.sent_ms += (delta.length * 3) / 4 / 8
    call.marks.push(call.sent_ms)
    say(phone, { event: 'media', streamSid: call.stream_sid, media: { payload: delta } })
    say(phone, { event: 'mark', streamSid: call.stream_sid, mark: { name: `${item_id}:${call.sent_ms}` } })
  }

  function interrupt() {
    if (call.marks.length === 0) return
    say(phone, { event: 'clear', streamSid: call.stream_sid })
    say(model, {
      type: 'conversation.item.truncate',
      item_id: call.item_id,
      content_index: 0,
      audio_end_ms: Math.floor(call.heard_ms),
    })
    call.marks = []
  }

  phone.on('close', () => model.close())
  model.on('close', () => phone.close())
  for (const socket of [phone, model]) socket.on('error', () => socket.terminate())
})

server.listen(0, '127.0.0.1', () => process.stdout.write(`ready at http://127.0.0.1:${server.address().port}\n`))
