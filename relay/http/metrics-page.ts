// `GET /metrics`, for scrapers inside the network only. A request that came in through the public proxy carries a
// forwarding header and gets the answer of an address that is not there.
import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import { Router } from 'express'
import type { Registry } from 'prom-client'

/** Set by proxies and load balancers, and by nobody who asks directly. */
const FORWARDING =
  /^(forwarded|via|x-forwarded(-.*)?|x-original-.*|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip|fastly-client-ip|x-envoy-external-address)$/

export function metricsPage(registry: Pick<Registry, 'metrics' | 'contentType'>): Router {
  const inside = insideNetworks()
  const router = Router()
  router.get('/metrics', async (req, res, next) => {
    // The socket's own address: what a request says of itself anyone can write.
    if (!isInside(inside, req.socket.remoteAddress) || isForwarded(req.headers)) return next()
    const text = await registry.metrics()
    res.type(registry.contentType).set('Cache-Control', 'no-store').send(text)
  })
  return router
}

export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => FORWARDING.test(name))
}

/** @returns checks an address as a socket gives it. Source: RFC 1918, 3927, 4193, 4291 */
export function insideNetworks(): BlockList {
  const inside = new BlockList()
  inside.addSubnet('127.0.0.0', 8)
  inside.addSubnet('10.0.0.0', 8)
  inside.addSubnet('172.16.0.0', 12)
  inside.addSubnet('192.168.0.0', 16)
  inside.addSubnet('169.254.0.0', 16)
  inside.addSubnet('::1', 128, 'ipv6')
  inside.addSubnet('fc00::', 7, 'ipv6')
  inside.addSubnet('fe80::', 10, 'ipv6')
  return inside
}

/** @param address undefined when the socket is gone; a link-local one may name its interface */
export function isInside(inside: BlockList, address: string | undefined): boolean {
  const bare = address?.replace(/%.*$/, '')
  return bare !== undefined && inside.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4')
}
