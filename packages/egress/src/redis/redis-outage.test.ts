/** Redis goes away while calls wait: none is sent without the mirror, all are refused in time, and service resumes by itself. */
import { startProxy, startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { createProvider } from '../provider/provider.ts'
import type { EgressRefusal } from '../refusal.ts'
import { redisMirrors } from './redis-mirror.ts'
import { ioredisRunner } from './script-runner.ts'

test('no call is sent while Redis is away: each is refused when its time is over, with the reason, and later ones are served', async () => {
  const redis = await startRedis()
  const proxy = await startProxy(redis)
  const client = new Redis(proxy.port, '127.0.0.1')
  client.on('error', () => {})
  const runner = ioredisRunner(client)
  onTestFinished(async () => {
    await runner.close()
    client.disconnect()
    await proxy.stop()
    await redis.stop()
  })
  const store = redisMirrors(runner, { timeoutMs: 100 })
  const provider = createProvider({ name: 'llm', limits: { requests: { capacity: 100, per: '1s' } }, store, queue: { wait: '500ms' } })
  ;(await provider.acquire()).settle()
  proxy.refuse()
  proxy.resetAll()
  const refused = await Promise.all([1, 2, 3].map(() => provider.acquire().catch((error: unknown) => error as EgressRefusal)))
  for (const refusal of refused) {
    expect(refusal).toMatchObject({ code: 'SLUICE_EGRESS_WAIT', scope: 'provider' })
    expect((refusal as EgressRefusal).cause).toBeInstanceOf(Error)
  }
  expect(provider.snapshot()).toMatchObject({ waiting: 0, inFlight: 0 })
  await proxy.heal()
  await expect
    .poll(() =>
      provider.acquire().then(
        (permit) => permit.settle() ?? 'served',
        () => 'refused',
      ),
    )
    .toBe('served')
})
