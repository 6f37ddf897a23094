/**
 * An integrator of the open platform, who calls for four sellers at ten times the allowed rate: `pnpm example open-platform-client`.
 * PLATFORM_URL names a running platform; without it one is started. With DIRECT=1 it calls without egress, which shows the refusals.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createProvider, egressRefusalOf, fetchThrough, gatewayDialect } from '@sluice/egress'
import { startExample } from './demo/example.ts'

const { PLATFORM_URL, DIRECT, SECONDS = '6' } = process.env
await using own = PLATFORM_URL === undefined ? await startExample('open-platform') : undefined
const url = PLATFORM_URL ?? own!.url
const sellers = ['ada', 'bob', 'cleo', 'dan']

// At most eight a second in all. What the platform allows the application and each seller at the moment is learned from its headers.
const eight = { capacity: 8, per: '1s' } as const
const provider = createProvider({
  name: 'open-platform',
  limits: { application: { ...eight, cost: 1 }, ...Object.fromEntries(sellers.map((seller) => [seller, { ...eight, cost: 0 }])) },
  dialect: gatewayDialect('GNCP-GW', { rate: 'application', quota: sellers }),
  transit: '50ms',
  shape: 'soonest',
  queue: { wait: '2s' },
})

const none = { ada: 0, bob: 0, cleo: 0, dan: 0 } as Record<string, number>
/** `dropped` are refusals of calls that were in flight when the rate dropped. `allowed` is what the platform allowed the application. */
const seen = { calls: 0, served: 0, limited: 0, dropped: 0, refused: 0, allowed: 0, sellers: none, learned: {} }
let [rate, sinceMs] = [0, performance.now()]

// Each limit that the platform names, where it is not eight.
provider.observe((event) => event.type === 'allowance' && Object.assign(seen.learned, { [event.limit]: event.allowed }))

const send: typeof fetch = async (input, init) => {
  const sentAt = rate
  const response = await fetch(input, init)
  seen.allowed += (rate * (performance.now() - sinceMs)) / 1000
  ;[rate, sinceMs] = [Number(response.headers.get('GNCP-GW-RateLimit-Replenish-Rate')), performance.now()]
  if (response.status === 429) seen[rate < sentAt ? 'dropped' : 'limited'] += 1
  return response
}
const estimate = ({ headers }: { headers: Headers }) => ({ caller: headers.get('x-seller')!, cost: { [headers.get('x-seller')!]: 1 } })
const through = DIRECT ? send : fetchThrough(provider, { origins: [url], fetch: send, onRefused: 'throw', estimate })

async function call(seller: string): Promise<void> {
  const response = await through(`${url}/v1/orders`, { headers: { 'X-Application': 'shop', 'X-Seller': seller } }).catch((error) => {
    if (egressRefusalOf(error) === undefined) throw error
    seen.refused += 1
  })
  await response?.text()
  if (response?.ok) seen.served += 1
  if (response?.ok) seen.sellers[seller]! += 1
}

const [startMs, pending] = [performance.now(), [] as Promise<void>[]]
for (; performance.now() - startMs < Number(SECONDS) * 1000; await sleep(5))
  while (seen.calls < ((performance.now() - startMs) / 1000) * 80) pending.push(call(sellers[seen.calls++ % sellers.length]!))
await Promise.all(pending)
console.log(JSON.stringify(seen))
await provider.close()
