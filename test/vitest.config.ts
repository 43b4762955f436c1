// Three kinds of tests with their own patience: pure and port tests are fast; journeys run whole relays in real time.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Real sockets and real time on shared machines: in CI a test that failed is asked once more before it counts. */
const common = { root, passWithNoTests: false, retry: process.env.CI ? 1 : 0 }

/** Left out of the run on other services: journeys that bring their own, and those of what a model does. */
const SAME_EVERYWHERE = [
  'sudden-end',
  'workers',
  'two-relays',
  'faults',
  'endings',
  'first-words',
  'framing',
  'full-disk',
  'hard-models',
].map((name) => `test/journeys/${name}.test.ts`)

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          ...common,
          name: 'fast',
          include: ['test/shared/**/*.test.ts', 'test/relay/**/*.test.ts', 'test/ports/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        root,
        test: {
          ...common,
          name: 'console',
          include: ['test/desktop/renderer/**/*.test.{ts,tsx}'],
          testTimeout: 20_000,
        },
      },
      {
        root,
        test: {
          ...common,
          name: 'journeys',
          include: ['test/journeys/**/*.test.ts'],
          exclude: process.env.PHONY_TEST_MONGODB ? SAME_EVERYWHERE : [],
          testTimeout: 45_000,
          hookTimeout: 20_000,
          fileParallelism: true,
          maxWorkers: 2,
        },
      },
    ],
  },
})
