/** Decisions on spans of OpenTelemetry, also where a store answers many calls at once. */
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createLimiter, type Store, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { createTelemetry } from '@sluice/telemetry'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

const server = await startRedis()
const client = new Redis(server.port)
const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('test')

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(async () => {
  context.disable()
  client.disconnect()
  await server.stop()
})

const limiterOf = (store?: Store) =>
  createLimiter<string>({ store, limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 2, per: '1h' }) }] })

/** Calls in spans of their own, all at once. @returns the attributes of each span */
async function traced(count: number, call: (id: string) => unknown): Promise<readonly Readonly<Record<string, unknown>>[]> {
  exporter.reset()
  const calls = Array.from({ length: count }, (_, i) =>
    tracer.startActiveSpan(String(i), async (span) => {
      await call(`user-${i % 2}`)
      span.end()
    }),
  )
  await Promise.all(calls)
  return exporter.getFinishedSpans().map(({ attributes }) => attributes)
}

test.each(['memory', 'Redis'])('each of many calls at once writes its own decision, with buckets in %s', async (where) => {
  const store = where === 'Redis' ? redisStore(client, { processes: 1, timeout: '5s' }) : undefined
  const limiter = limiterOf(store)
  const telemetry = createTelemetry({ limiters: [limiter] })
  telemetry.spans(trace)
  const spans = await traced(8, (id) => limiter.consume(id))
  expect(spans.filter((of) => of['sluice.outcome'] === 'allowed')).toHaveLength(4)
  const refused = spans.filter((of) => of['sluice.outcome'] === 'limited')
  expect(refused).toHaveLength(4)
  expect(refused[0]).toEqual({
    'sluice.verb': 'consume',
    'sluice.outcome': 'limited',
    'sluice.decided_by': expect.stringMatching(/^(store|cache)$/),
    'sluice.refused_by': ['user'],
    'sluice.retry_after_ms': expect.closeTo(1_800_000, -4),
  })
  telemetry.close()
  expect(await traced(1, () => limiter.consume('bob'))).toEqual([{}])
  await store?.close?.()
})

test('what is no `trace` is refused', () => {
  const telemetry = createTelemetry({ limiters: [limiterOf()] })
  expect(() => telemetry.spans({} as typeof trace)).toThrow(
    expect.objectContaining({ code: 'SLUICE_OPTION_TYPE', message: expect.stringContaining('`trace` of @opentelemetry/api') }),
  )
})
