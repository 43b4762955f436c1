// Messages passed on unread, `ws` on both sides: what a bridge on `ws` cannot beat. It keeps nothing for a model that
// is not open yet.
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

const OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true }
const server = createServer()
const sockets = new WebSocketServer({ server, ...OPTIONS })

sockets.on('connection', (phone) => {
  const model = new WebSocket(`ws://${process.env.MODEL}/v1/realtime?model=gpt-realtime-2.1`, OPTIONS)
  pass(phone, model)
  pass(model, phone)
})

function pass(from, to) {
  from.on('message', (data) => to.readyState === WebSocket.OPEN && to.send(data, { binary: false }))
  from.on('close', () => to.close())
  from.on('error', () => to.terminate())
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`ready at http://127.0.0.1:${server.address().port}\n`))
