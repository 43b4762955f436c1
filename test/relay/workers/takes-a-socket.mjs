// Takes one socket and says what comes out of it.
process.on('message', ({ media }, socket) => {
  process.send({ text: Buffer.from(media.head).toString() })
  socket.on('data', (data) => process.send({ text: data.toString() }))
})
process.send({ text: '' })
