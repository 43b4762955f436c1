// The test of the test: sequences that miss a planted fault prove nothing about a store.
import { expect, test } from 'vitest'
import { ORACLE_FAULTS, oraclePair } from './doc-store-oracle.ts'
import { checkSequences, noticesFault } from './doc-store-sequences.ts'

test('the model agrees with itself', async () => {
  await checkSequences(50, oraclePair)
})

test.each(ORACLE_FAULTS)('random sequences notice the planted fault %s', async (fault) => {
  expect(await noticesFault(fault, 300)).toBe(true)
})
