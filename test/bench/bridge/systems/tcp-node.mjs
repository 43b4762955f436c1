// Bytes passed on between two sockets: what a bridge in Node cannot beat. The two ends shake hands through it.
import { connect, createServer } from 'node:net'

const [host, port] = process.env.MODEL.split(':')
const server = createServer({ noDelay: true }, (phone) => {
  const model = connect({ host, port: Number(port), noDelay: true })
  pass(phone, model)
  pass(model, phone)
})

function pass(from, to) {
  from.on('data', (bytes) => to.write(bytes))
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`ready at http://127.0.0.1:${server.address().port}\n`))
