import { SluiceError } from '@sluice/core'
import { expect, test } from 'vitest'
import type { StoreContext } from '../run-script.ts'
import { scriptStore } from '../script-store.ts'
import { settlementIds } from './settlement-id.ts'

/** A store on a connection that answers everything with this. */
function answeredWith(reply: unknown) {
  const connection = {
    isCluster: false,
    keepsOrder: true,
    run: async () => reply,
    probe: async () => reply,
    read: async () => null,
    command: async () => null,
    connected: () => undefined,
    onReady: () => {},
    isConnecting: () => false,
    close: async () => {},
  }
  const keys = {
    prefix: '',
    spread: false,
    tagOf: () => '',
    bucket: () => 'bucket',
    slots: () => 'slots',
    children: () => 'children',
    blockedList: () => 'list',
    place: () => '',
    settlements: () => 'settlements',
    generations: () => 'generations',
    nameIn: () => 'user',
    check: 'check',
    pattern: '*',
  }
  const context: StoreContext = {
    connection,
    connected: () => undefined,
    keys,
    checkColocation: () => {},
    settlementIds: settlementIds(),
    handleLifetimeMs: 1000,
    giveBackLater: () => {},
    sent: { scripts: 0, calls: 0 },
    nowText: () => '',
  }
  return scriptStore(context, 1000)
}

const limit = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
const rule = { kind: 'concurrency', capacity: 2, scale: 1, leaseMs: 1000 } as const
const terms = { rule: rule as never, initial: 2, version: 0 }
const strike = { limit, terms }
const banning = { ...limit, ban: { strikes: strike, levels: strike, forMs: 1, factor: 1, atMostMs: 1 } as never }
const held = { id: 'x', entries: [{ limit, key: 'ann', terms, units: 1, at: 0, lease: '1:x' }] }

const verbs = {
  decide: (store) => store.decide({ action: 'peek', charges: [{ limit, key: 'ann', terms, cost: 1 }], undo: [], migrate: 'keepUsed' }),
  settle: (store) => store.settle(held, [0]),
  renew: (store) => store.renew(held),
  inspect: (store) => store.inspect(limit, 'ann', terms),
  strike: (store) => store.strike(banning, 'ann'),
  blocked: (store) => store.blocked(limit, 10),
} satisfies Record<string, (store: ReturnType<typeof scriptStore>) => unknown>

test.each(Object.entries(verbs))('%s takes a reply that lacks something for a failure, and never for "nothing there"', async (_, ask) => {
  for (const reply of [null, undefined, '', [], [null], [1_000_000, null], 'OK', ['x'], {}, Number.NaN]) {
    await expect(Promise.resolve().then(() => ask(answeredWith(reply)))).rejects.toBeInstanceOf(SluiceError)
  }
})
