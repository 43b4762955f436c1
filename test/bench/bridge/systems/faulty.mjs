// A bridge with planted faults, to see that the bench sees them: of every thousand frames it loses one, sends one twice,
// one late and one to another call; and every frame waits for 10 ms.
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

const DELAY_MS = 10
const server = createServer()
const sockets = new WebSocketServer({ server })
const models = []
let frames = 0

sockets.on('connection', (phone) => {
  const model = new WebSocket(`ws://${process.env.MODEL}/v1/realtime?model=gpt-realtime-2.1`)
  const own = models.push(model) - 1
  const pass = (data, to = model) => to.readyState === WebSocket.OPEN && to.send(data, { binary: false })
  const early = []
  let held = null
  model.on('open', () => {
    for (const data of early) pass(data)
  })
  phone.on('message', (data) => {
    if (model.readyState !== WebSocket.OPEN) return early.push(data)
    if (!data.includes('"event":"media"')) return pass(data)
    const fault = ++frames % 1_000
    if (fault === 0) return
    if (fault === 200) {
      held = data
      return
    }
    if (fault === 600) pass(data, models[(own + 1) % models.length])
    setTimeout(() => {
      pass(data)
      if (fault === 400) pass(data)
      if (held) pass(held)
      held = null
    }, DELAY_MS)
  })
  model.on('message', (data) => pass(data, phone))
  phone.on('close', () => model.close())
  for (const socket of [phone, model]) socket.on('error', () => socket.terminate())
})

server.listen(0, '127.0.0.1', () => process.stdout.write(`ready at http://127.0.0.1:${server.address().port}\n`))
