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
