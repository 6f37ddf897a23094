import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { ask } from './ask.ts'
import { startSentinel } from './sentinel.ts'
import { until } from './until.ts'

const trio = await startSentinel()
afterAll(() => trio.stop())

test('a client that knows only the Sentinels finds the master', async () => {
  const client = new Redis({ sentinels: [...trio.sentinels], name: trio.name })
  await client.set('from', 'client')
  client.disconnect()
  await expect(ask(trio.master(), 'GET', 'from')).resolves.toBe('client')
})

test('a replica takes over from a dead master, which comes back as a replica', async () => {
  const old = trio.master()
  for (const replica of trio.replicas()) {
    await until(async () => (await ask(replica, 'GET', 'from')) === 'client', { what: 'the replicas to receive it' })
  }
  await trio.killMaster()
  const next = await trio.promoted()
  expect(next).toBe(trio.master())
  expect(next).not.toBe(old)
  await expect(ask(next, 'GET', 'from')).resolves.toBe('client')

  await old.restart()
  await until(async () => (await ask<[string]>(old, 'ROLE'))[0] === 'slave', { what: 'the old master to follow' })
})

test('a failover by order hands the role to a replica, as soon as the last one is over', async () => {
  const old = trio.master()
  const next = await trio.failover()
  expect(next).not.toBe(old)
  expect(trio.replicas()).toContain(old)
  await expect(ask(next, 'SET', 'key', 'value')).resolves.toBe('OK')
})
