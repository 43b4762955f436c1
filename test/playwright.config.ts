// Tests in real engines. `shell`: the console in Electron. `flows`: its screens in Debian's Chromium, which is of the
// newest Electron's version.
import { defineConfig } from '@playwright/test'

export default defineConfig({
  outputDir: '../test-results/playwright',
  globalSetup: './desktop/support/build-console.ts',
  fullyParallel: true,
  workers: 2,
  timeout: 30_000,
  expect: { timeout: 8_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  projects: [
    { name: 'shell', testDir: './desktop/shell' },
    {
      name: 'flows',
      testDir: './desktop/flows',
      use: {
        browserName: 'chromium',
        launchOptions: {
          executablePath: '/usr/bin/chromium',
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      },
    },
  ],
})
