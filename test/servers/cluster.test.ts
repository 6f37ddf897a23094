import { Cluster as Client } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { ask } from './ask.ts'
import { startCluster } from './cluster.ts'
import { type MigrationStep, migrateSlot } from './slot-migration.ts'

const cluster = await startCluster()
afterAll(() => cluster.stop())

test('every node takes commands once the cluster has started', async () => {
  const states = await Promise.all(cluster.nodes.map((node) => ask(node, 'CLUSTER', 'INFO')))
  for (const state of states) {
    expect(state).toContain('cluster_state:ok')
    expect(state).toContain('cluster_slots_ok:16384')
  }
})

test('the slots are shared out evenly', async () => {
  const owners = await Promise.all([0, 5460, 5461, 10_921, 10_922, 16_383].map((slot) => cluster.ownerOf(slot)))
  const [a, b, c] = cluster.nodes
  expect(owners).toEqual([a, a, b, b, c, c])
})

test('a client that knows one node reaches all of them', async () => {
  const client = new Client([{ ...cluster.nodes[0]! }])
  const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`)
  await Promise.all(keys.map((key) => client.set(key, key)))
  client.disconnect()
  const sizes = await Promise.all(cluster.nodes.map((node) => ask<number>(node, 'DBSIZE')))
  expect(sizes.every((size) => size > 0)).toBe(true)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(30)
})

test('a slot moves with its keys, and traffic sees every stage of it', async () => {
  const slot = await cluster.slotOf('{m}')
  const from = await cluster.ownerOf(slot)
  const to = cluster.nodes.find((node) => node !== from)!
  const keys = ['{m}1', '{m}2', '{m}3', '{m}4']
  for (const key of keys) await ask(from, 'SET', key, key)

  const answers: Partial<Record<MigrationStep, unknown[]>> = {}
  const answer = (command: string, ...args: string[]): Promise<unknown> =>
    ask(from, command, ...args).catch((error: Error) => error.message.split(' ')[0])
  await migrateSlot(cluster, slot, from, to, {
    async during(step) {
      answers[step] = [await answer('EXISTS', '{m}new'), await answer('EXISTS', ...keys), await ask(from, 'DBSIZE')]
    },
  })
  expect(answers.opened).toEqual(['ASK', 4, expect.any(Number)])
  expect(answers.half).toEqual(['ASK', 'TRYAGAIN', (answers.opened?.[2] as number) - 2])
  expect(answers.moved).toEqual(['ASK', 'ASK', (answers.opened?.[2] as number) - 4])
  await expect(answer('EXISTS', ...keys)).resolves.toBe('MOVED')
  await expect(ask(to, 'EXISTS', ...keys)).resolves.toBe(4)
  await expect(cluster.ownerOf(slot)).resolves.toBe(to)
})

test('keys that traffic makes during a migration move too', async () => {
  const slot = await cluster.slotOf('{n}')
  const from = await cluster.ownerOf(slot)
  const to = cluster.nodes.find((node) => node !== from)!
  const client = new Client([{ ...cluster.nodes[0]! }])
  await migrateSlot(cluster, slot, from, to, {
    during: async (step) => void (await client.set(`{n}${step}`, step)),
  })
  await expect(client.mget('{n}opened', '{n}half', '{n}moved')).resolves.toEqual(['opened', 'half', 'moved'])
  client.disconnect()
})
