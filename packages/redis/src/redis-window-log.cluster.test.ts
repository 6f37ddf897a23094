/** A slot of a Cluster that moves while exact windows have logs in many keys: no answer is wrong, and nothing is lost or counted twice. */
import { type Hold, slidingWindow, type Verdict } from '@sluice/core'
import { migrateSlot, startCluster } from '@sluice/test/servers'
import { Cluster } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { timedStores } from '../test/timed-store.ts'

const cluster = await startCluster()
const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })))
const stores = timedStores(client, 300)
afterAll(async () => {
  await stores.close()
  client.disconnect()
  await cluster.stop()
})

/** Two blocks of 64 entries, and two entries in the bucket. */
const capacity = 130
const limit = { name: 'window', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
const terms = { rule: slidingWindow({ capacity, per: '1h', exact: true }), initial: capacity, version: 0 }
const keys = Array.from({ length: 12 }, (_, i) => `caller ${i}`)
const startUs = Date.UTC(2026, 0, 1) * 1000

test('while its slot moves, a long log gives no wrong answer, and settlements count once', { timeout: 120_000 }, async () => {
  const { store, setNowUs } = stores.empty()
  const ask = async (action: 'consume' | 'reserve' | 'peek', key: string, cost: number): Promise<Verdict> =>
    store.decide({ action, charges: [{ limit, key, terms, cost }], undo: [], migrate: 'keepUsed' })
  const held: Hold[] = []
  for (let i = 0; i < capacity; i++) {
    setNowUs(startUs + i * 1_000_000)
    const verdicts = await Promise.all(keys.map((key) => ask(i < 2 ? 'reserve' : 'consume', key, 1)))
    for (const { hold } of verdicts) if (hold !== null) held.push(hold)
  }
  // Keys move in the order of their age, the newest first: of these buckets before their first blocks, of the others after them.
  for (const key of keys.slice(0, keys.length / 2)) {
    await client.rename(`{t1}:window:${key}`, '{t1}:moving')
    await client.rename('{t1}:moving', `{t1}:window:${key}`)
  }
  // The oldest admission decides how long a refusal waits. It is in the first block.
  setNowUs(startUs + 200_000_000)
  const refusal = (await ask('consume', keys[0]!, 1)).limits
  expect(refusal).toMatchObject([{ allowed: false, retryAfterMs: 3_400_000 }])

  /** Asks for each key. A call that cannot be decided now fails, and says nothing wrong. */
  async function answered(): Promise<number> {
    const answers = await Promise.allSettled(keys.map((key) => ask('consume', key, 1)))
    const verdicts = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    for (const { limits } of verdicts) expect(limits).toEqual(refusal)
    return verdicts.length
  }
  const slot = await cluster.slotOf('{t1}')
  const from = await cluster.ownerOf(slot)
  const to = cluster.nodes.find((node) => node !== from)!
  await migrateSlot(cluster, slot, from, to, {
    async during(step) {
      const count = await answered()
      if (step !== 'half') expect([step, count]).toEqual([step, keys.length])
      if (step === 'half') await Promise.allSettled(held.map((hold) => store.settle(hold, [0])))
    },
  })
  await Promise.all(held.map((hold) => store.settle(hold, [0])))
  for (const key of keys) expect((await ask('peek', key, 1)).limits).toMatchObject([{ remaining: 2 }])
})
