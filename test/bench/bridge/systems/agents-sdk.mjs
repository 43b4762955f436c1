// The vendor's own bridge: a RealtimeSession over its transport for this carrier, used as its documentation shows.
// SDK is the folder it is installed in.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.env.SDK, 'package.json'))
const { WebSocketServer } = require('ws')
const { RealtimeAgent, RealtimeSession } = require('@openai/agents/realtime')
const { TwilioRealtimeTransportLayer } = require('@openai/agents-extensions')

const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
const agent = new RealtimeAgent({ name: 'Main line', instructions: 'You answer the telephone of a shop.' })

sockets.on('connection', (phone) => {
  const transport = new TwilioRealtimeTransportLayer({ twilioWebSocket: phone })
  const session = new RealtimeSession(agent, { transport, model: 'gpt-realtime-2.1' })
  const fail = (error) => process.stderr.write(`${JSON.stringify(error?.error ?? error)}\n`)
  session.on('error', fail)
  session
    .connect({ apiKey: 'a-key', url: `ws://${process.env.MODEL}/v1/realtime?model=gpt-realtime-2.1` })
    .catch((error) => {
      fail(error)
      phone.close()
    })
})

server.listen(0, '127.0.0.1', () => process.stdout.write(`ready at http://127.0.0.1:${server.address().port}\n`))
