// What a bridge that is measured asks of the model when its session opens.
export const SESSION = {
  type: 'realtime',
  output_modalities: ['audio'],
  instructions: 'You answer the telephone of a shop.',
  audio: {
    input: { format: { type: 'audio/pcmu' }, turn_detection: { type: 'server_vad' } },
    output: { format: { type: 'audio/pcmu' }, voice: 'marin' },
  },
}
