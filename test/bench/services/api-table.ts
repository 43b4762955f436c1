// The figures of the API as a table: delays of all rounds together, and the ratios of the single rounds.
import { markdown } from '../bridge/table.ts'
import { delaysOf, median, withSpread } from '../figures.ts'
import type { Result } from './api.ts'
import type { SystemName } from './api-stage.ts'

export function apiTable(results: Result[]): string {
  const keys = [...new Set(results.map(keyOf))].sort().reverse()
  const head = ['pace', 'route', 'bare p50 / p95 / p99 ms', 'relay p50 / p95 / p99 ms', 'p50 ratio of rounds']
  const rest = ['p99 ratio of rounds', 'p99 ratio of all', 'requests/s bare / relay', 'CPU ms each bare / relay']
  return markdown(
    [...head, ...rest],
    keys.map((key) => rowOf(results.filter((result) => keyOf(result) === key))),
  )
}

const keyOf = ({ route, pace }: Result): string => `${pace} ${route}`

function rowOf(results: Result[]): string[] {
  const of = (system: SystemName): Result[] => results.filter((result) => result.system === system)
  const [bare, relay] = [of('bare'), of('relay')]
  const [allBare, allRelay] = [bare, relay].map((own) => delaysOf(own.flatMap(({ delays_ms }) => delays_ms)))
  const three = ({ p50_ms, p95_ms, p99_ms }: typeof allBare & {}): string =>
    [p50_ms, p95_ms, p99_ms].map((ms) => ms.toFixed(1)).join(' / ')
  const ratios = (field: 'p50_ms' | 'p99_ms'): number[] =>
    relay.map((result) => result[field] / bare.find(({ round }) => round === result.round)![field])
  const both = (field: 'per_second' | 'cpu_ms_per_request', digits: number): string =>
    [bare, relay].map((own) => median(own.map((one) => one[field])).toFixed(digits)).join(' / ')
  return [
    results[0]!.pace,
    results[0]!.route,
    three(allBare!),
    three(allRelay!),
    withSpread(ratios('p50_ms')),
    withSpread(ratios('p99_ms')),
    (allRelay!.p99_ms / allBare!.p99_ms).toFixed(2),
    both('per_second', 0),
    both('cpu_ms_per_request', 2),
  ]
}
