// G.711 mu-law to linear samples. Pure.

/**
 * One mu-law byte as a sample.
 * @param byte 0 to 255, bits inverted as on the wire
 * @returns -1 to 1
 * @source ITU-T G.711, table 2; bias 132
 */
export function sampleOfMulaw(byte: number): number {
  const code = ~byte & 0xff
  const exponent = (code >> 4) & 0x07
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << exponent) - 0x84
  return (code & 0x80 ? -magnitude : magnitude) / 32_768
}

/** All 256 samples, so that playing is one look-up a sample. @source ITU-T G.711 */
export function mulawTable(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => sampleOfMulaw(byte))
}
