import fc from 'fast-check'
import { expect, test } from 'vitest'
import { slotOfTag } from '../../keys/cluster-slot.ts'
import { redirection, slotOfKey, slotRanges } from './cluster-slots.ts'

test.each<[key: string, tag: string]>([
  ['plain', 'plain'],
  ['{tag}key', 'tag'],
  ['a{tag}b{other}', 'tag'],
  // Redis counts nothing between braces as no braces.
  ['{}key', '{}key'],
  ['a{}b{tag}', 'a{}b{tag}'],
  ['{open', '{open'],
  ['}{tag}', 'tag'],
  ['{{tag}}', '{tag'],
  ['', ''],
])('the slot of the key %j is that of %j', (key, tag) => {
  expect(slotOfKey(key)).toBe(slotOfTag(tag))
})

test('every key has a slot of a Cluster', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', 'é') }), (key) => {
      const slot = slotOfKey(key)
      return Number.isInteger(slot) && slot >= 0 && slot < 16_384
    }),
  )
})

const map = { '10.0.0.1:7001': { host: 'proxy', port: 1 } }

test.each([
  ['MOVED 866 10.0.0.2:7002', { host: '10.0.0.2', port: 7002 }],
  ['ASK 866 10.0.0.2:7002', { host: '10.0.0.2', port: 7002 }],
  ['MOVED 866 fd00::2:7002', { host: 'fd00::2', port: 7002 }],
  // A node that does not know its own host.
  ['MOVED 866 :7002', { host: 'asked', port: 7002 }],
  ['MOVED 866 10.0.0.1:7001', { host: 'proxy', port: 1 }],
  ['TRYAGAIN Multiple keys request during rehashing of slot', undefined],
  ['ERR MOVED 866 10.0.0.2:7002', undefined],
])('%j sends a command to %o', (message, address) => {
  expect(redirection(message, 'asked', map)).toEqual(address)
})

test('the slots of a Cluster are those of its masters, at the addresses that the process reaches', () => {
  const reply = [
    [0, 5460, ['10.0.0.1', 7001, 'id'], ['10.0.0.4', 7004, 'replica']],
    [5461, 16_383, [null, 7002, 'id']],
  ]
  const byFunction = (address: string) => (address === '10.0.0.1:7001' ? { host: 'proxy', port: 1 } : undefined)
  for (const addresses of [map, byFunction]) {
    expect(slotRanges(reply, 'asked', addresses)).toEqual([
      { first: 0, last: 5460, address: { host: 'proxy', port: 1 } },
      { first: 5461, last: 16_383, address: { host: 'asked', port: 7002 } },
    ])
  }
  expect(() => slotRanges('QUEUED', 'asked', undefined)).toThrow('CLUSTER SLOTS')
})
