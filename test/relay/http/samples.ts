// Reads the text that prom-client writes, as a scraper does.
import type { Registry } from 'prom-client'

export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

export function samplesOf(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const match = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
      if (!match) throw new Error(`This is no sample: ${line}`)
      const labels = [...(match[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])
      return { name: match[1]!, labels: Object.fromEntries(labels), value: Number(match[3]) }
    })
}

/** The value of one series, undefined when it is not there. Labels must be these and no others. */
export async function sampleOf(registry: Registry, name: string, labels: Record<string, string> = {}) {
  const same = (sample: Sample) =>
    sample.name === name &&
    Object.keys(sample.labels).length === Object.keys(labels).length &&
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
  return samplesOf(await registry.metrics()).find(same)?.value
}

/** Names of metrics, without the endings of a histogram's series. */
export async function namesOf(registry: Registry): Promise<string[]> {
  return [...(await registry.metrics()).matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!)
}
