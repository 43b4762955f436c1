// What the relay costs on its real services, beside the least that would do the same on them:
//
//   node --import tsx test/bench/services.ts --help
//
// How it is measured and what came of it: docs/performance-services.md. Figures go to test-results/bench-services-*.json.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { measureApi } from './services/api.ts'
import { measureEvents } from './services/events.ts'
import { measureLongCalls } from './services/long-call.ts'
import { type Options, PARTS, readOptions, USAGE } from './services/options.ts'
import { measureStart } from './services/start.ts'
import { measureStore } from './services/store.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Each part in a process of its own: none finds the heap, the threads or the core of another. */
async function everything(args: string[]): Promise<void> {
  for (const part of PARTS) {
    say(`\n## ${part}\n`)
    const rest = args.filter((arg) => arg !== 'all')
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, part, ...rest], { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`"${part}" could not be measured.`)
  }
}

function measure(options: Options, args: string[]): Promise<void> {
  switch (options.part) {
    case 'store':
      return measureStore(options, say)
    case 'long-call':
      return measureLongCalls(options, say)
    case 'api':
      return measureApi(options, say)
    case 'events':
      return measureEvents(options, say)
    case 'start':
      return measureStart(options, say)
    case 'all':
      return everything(args)
    default:
      return options.part satisfies never
  }
}

async function main(args: string[]): Promise<void> {
  if (args.includes('--help')) return say(USAGE)
  await measure(readOptions(args), args)
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
