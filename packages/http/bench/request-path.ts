/**
 * What the pure parts cost a passing request, in nanoseconds: `node --conditions=@sluice/source --import tsx bench/request-path.ts`.
 *
 * Every line is the median of nine rounds after two of warming up. The numbers in comments of `src` were measured here.
 */

import { parseAddress } from '../src/address/address.ts'
import { addressKey, keyOf } from '../src/address/address-key.ts'
import { matchesAny, parseCidrs } from '../src/address/cidr.ts'
import { clientAddress } from '../src/address/client-address.ts'
import { parseTrust } from '../src/address/trust.ts'
import { bareIpv6Watch } from '../src/guard/core-limit.ts'
import { nearestLimitFields, xRateLimitNames } from '../src/headers/nearest-limit-fields.ts'
import { createRateLimitSerializer } from '../src/headers/rate-limit-fields.ts'
import { status, visible } from '../test/decisions.ts'

const distinct = 1000
const calls = 200_000
let sink = 0

function measure(label: string, run: (i: number) => number): void {
  const rounds: number[] = []
  for (let round = -2; round < 9; round++) {
    const started = process.hrtime.bigint()
    for (let i = 0; i < calls; i++) sink += run(i % distinct)
    if (round >= 0) rounds.push(Number(process.hrtime.bigint() - started) / calls)
  }
  rounds.sort((a, b) => a - b)
  process.stdout.write(`${label.padEnd(52)} ${rounds[4]!.toFixed(0).padStart(6)} ns\n`)
}

const many = <T>(make: (i: number) => T): readonly T[] => Array.from({ length: distinct }, (_, i) => make(i))
const numbers = (i: number) => ({ remaining: i % 100, replenishAfterMs: (i * 37) % 60_000, capacity: 100 })
const one = many((i) => visible(status('ip', numbers(i))))
const three = many((i) => visible(status('ip', numbers(i)), status('user', numbers(i)), status('daily', numbers(i))))

for (const [label, inputs] of [
  ['one limit', one],
  ['three limits', three],
] as const) {
  const remembering = createRateLimitSerializer('draft-11')
  measure(`RateLimit fields, ${label}`, (i) => remembering(inputs[i]!)!.rateLimit.length)
  measure(`RateLimit fields, ${label}, nothing remembered`, (i) => createRateLimitSerializer('draft-11')(inputs[i]!)!.rateLimit.length)
}
measure('X-RateLimit fields, three limits', (i) => nearestLimitFields(three[i]!, xRateLimitNames, 'delta-seconds', Date.now).length)

const notations: readonly (readonly [string, readonly string[]])[] = [
  ['IPv4', many((i) => `192.0.${i >> 8}.${i & 255}`)],
  ['IPv4 mapped, as dual-stack sockets say it', many((i) => `::ffff:192.0.${i >> 8}.${i & 255}`)],
  ['IPv6', many((i) => `2001:db8:${i.toString(16)}:12::${i.toString(16)}`)],
]
for (const [label, texts] of notations) measure(`text to key, ${label}`, (i) => keyOf(parseAddress(texts[i]!)!).length)

const watch = bareIpv6Watch('keys')
const keys: readonly (readonly [string, readonly string[]])[] = [
  ['of a user', many((i) => `user-${i}`)],
  ['with colons', many((i) => `user:${i}:eu`)],
  ['that is the key of an IPv6 client', many((i) => addressKey(`2001:db8:${i.toString(16)}::1`))],
]
for (const [label, texts] of keys)
  measure(`watch for bare IPv6 addresses, a key ${label}`, (i) => {
    watch(texts[i]!)
    return 1
  })

const trust = parseTrust(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fd00::/8'])
const chains = many((i) => `203.0.113.9, 198.51.${i >> 8}.${i & 255}, 10.1.2.3`)
measure('client behind two proxies', (i) => clientAddress({ remoteAddress: '10.0.0.1', forwarded: chains[i] }, trust).address!.words[0]!)

const denied = parseCidrs(
  'denyList',
  many((i) => `100.${i >> 8}.${i & 255}.0/24`),
)
const visitors = many((i) => parseAddress(`100.${i >> 8}.${i & 255}.9`)!)
measure('a deny list of a thousand ranges', (i) => (matchesAny(denied, visitors[i]!) ? 1 : 0))

process.stdout.write(sink > 0 ? '' : 'nothing ran\n')
