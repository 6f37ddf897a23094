/** A server of the operators' page over twelve limits with steady traffic, in a process of its own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLimiter, tokenBucket } from '@sluice/core'
import { createLiveView } from '@sluice/dashboard'
import { operatorsPage } from '@sluice/dashboard/node'

const limits = Array.from({ length: 12 }, (_, i) => ({
  name: `limit-${i}`,
  by: (key: string) => `${i} ${key}`,
  rule: tokenBucket({ capacity: 5 + 5 * i, per: '1m' }),
}))
const limiter = createLimiter<string>({ limits })
const view = createLiveView({ limiters: [limiter] })

// A thousand decisions a second, of which most refuse, so that every part of the page changes each second.
let calls = 0
setInterval(() => {
  for (let i = 0; i < 50; i++) limiter.consume(`user-${(calls++ * 7919) % 300}`)
}, 50)

const page = operatorsPage({ view, authorize: () => 'ann' })
const server = createServer((request, response) => void page(request, response))
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!({ cpuUs: user + system })
})
process.on('disconnect', () => process.exit())
