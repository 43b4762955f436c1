// Three builds from one command: main and preload for Electron's Node, the renderer for its Chromium. The same renderer
// is served by the relay to browsers. Targets are pinned: electron-vite would take them from the newest Electron, and
// the oldest one we test with could not parse the result.
import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const at = (path: string) => resolve(import.meta.dirname, path)

// Everything but Electron and Node is bundled: the packaged application carries no node_modules.
const commonjs = { format: 'cjs' as const, entryFileNames: '[name].cjs' }

export default defineConfig({
  main: {
    build: {
      outDir: at('out/main'),
      target: 'node18.15',
      externalizeDeps: false,
      rolldownOptions: { input: { index: at('desktop/main/index.ts') }, output: commonjs },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      target: 'node18.15',
      externalizeDeps: false,
      rolldownOptions: { input: { index: at('desktop/preload/index.ts') }, output: commonjs },
    },
  },
  renderer: {
    root: at('desktop/renderer'),
    base: './',
    plugins: [react(), tailwindcss()],
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      target: 'chrome114',
      minify: true,
      rolldownOptions: { input: { index: at('desktop/renderer/index.html') } },
    },
  },
})
