// Who may scrape: those inside, asking directly.
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { insideNetworks, isInside, metricsPage } from '../../../relay/http/metrics-page.ts'
import { appsForTests } from './asked.ts'

const startApp = appsForTests()

/** @param remote_address where the sockets say they come from */
async function page(remote_address?: string) {
  const registry = new Registry()
  return startApp([metricsPage(registry)], remote_address)
}

describe('GET /metrics', () => {
  test('from this machine: the text format, never cached', async () => {
    const answer = await (await page()).get('/metrics')
    expect(answer.status).toBe(200)
    expect(answer.type).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  test.each(['10.0.0.5', '172.20.1.1', '192.168.1.9', '::ffff:10.0.0.5', 'fd12:3456::1', 'fe80::1%eth0'])(
    'from %s, inside the network: answered',
    async (address) => expect((await (await page(address)).get('/metrics')).status).toBe(200),
  )

  test.each(['203.0.113.7', '172.32.0.1', '::ffff:203.0.113.7', '2001:db8::1', '100.64.0.1'])(
    'from %s, outside: the answer of an address that is not there',
    async (address) => {
      const app = await page(address)
      const [metrics, nothing] = [await app.get('/metrics'), await app.get('/nothing')]
      expect(metrics.status).toBe(404)
      expect(metrics.json()).toEqual({ ...nothing.json(), instance: '/metrics' })
    },
  )

  test.each([
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Forwarded-For', ''],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded', 'for=127.0.0.1'],
    ['Forwarded', 'for=127.0.0.1'],
    ['Via', '1.1 proxy'],
    ['X-Real-IP', '127.0.0.1'],
    ['X-Original-Forwarded-For', '127.0.0.1'],
    ['CF-Connecting-IP', '127.0.0.1'],
    ['True-Client-IP', '127.0.0.1'],
    ['X-Envoy-External-Address', '127.0.0.1'],
  ])('through a proxy that sets %s: "%s", also one on this machine: 404', async (name, value) => {
    const answer = await (await page()).get('/metrics', { [name]: value })
    expect([answer.status, answer.json().code]).toEqual([404, 'ROUTE_UNKNOWN'])
  })

  test('a forwarding header cannot make an outside address an inside one', async () => {
    const answer = await (await page('203.0.113.7')).get('/metrics', { 'X-Forwarded-For': '127.0.0.1' })
    expect(answer.status).toBe(404)
  })

  test('headers that say nothing of a way are no reason to refuse', async () => {
    const headers = {
      'User-Agent': 'Prometheus/3.1',
      Accept: 'text/plain',
      'X-Prometheus-Scrape-Timeout-Seconds': '10',
    }
    expect((await (await page()).get('/metrics', headers)).status).toBe(200)
  })
})

test('the socket of someone who has left has no address, and is outside', () => {
  expect(isInside(insideNetworks(), undefined)).toBe(false)
})
