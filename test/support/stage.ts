// A relay and a scripted model together, closed in order after each test.
import { afterEach } from 'vitest'
import type { Config } from '../../relay/config.ts'
import { startTestRelay, type TestRelay } from './running-relay.ts'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'

export const BILLING = '+13125550110'

/** Called once in a test file. */
export function stageForTests() {
  const opened: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const thing of opened.splice(0).reverse()) await thing.close()
  })
  return async (
    options: Parameters<typeof startScriptedModel>[0] = {},
    change: Partial<Config> = {},
  ): Promise<{
    test: TestRelay
    model: ScriptedModel
    network: NonNullable<TestRelay['relay']['simulation']['network']>
  }> => {
    const model = await startScriptedModel(options)
    opened.push(model)
    const test = await startTestRelay({ openai: { api_key: 'a key', base_url: model.base_url }, ...change })
    opened.push(test)
    const network = test.relay.simulation.network
    if (!network) throw new Error('The phone network is not simulated.')
    return { test, model, network }
  }
}

/** A 160-byte frame whose first bytes say which one it is. */
export function numberedFrame(index: number): Buffer {
  const frame = Buffer.alloc(160, 0x7f)
  frame.writeUInt32BE(index, 0)
  return frame
}

/** Numbered frames in what the model heard, wherever silence stands between them. */
export function numbersIn(audio: Buffer): number[] {
  const numbers: number[] = []
  for (let at = 0; at + 160 <= audio.length; ) {
    const isOurs =
      audio[at] === 0 &&
      audio[at + 1] === 0 &&
      audio[at + 2] === 0 &&
      audio[at + 3] !== 0 &&
      audio[at + 4] === 0x7f &&
      audio[at + 159] === 0x7f
    if (isOurs) numbers.push(audio.readUInt32BE(at))
    at += isOurs ? 160 : 1
  }
  return numbers
}
