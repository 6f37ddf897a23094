/** What applications write, and mistakes of theirs that the types refuse. */
import { createLimiter, type Decision, memoryStore, SluiceError, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { quotaPage } from '@sluice/dashboard/express'
import { createProvider } from '@sluice/egress'
import { sluice as express } from '@sluice/express'
import fastifyPlugin, { sluice as fastify } from '@sluice/fastify'
import { guardFetch } from '@sluice/http/fetch'
import { redisStore } from '@sluice/redis'
import { createTelemetry } from '@sluice/telemetry'

const rule = tokenBucket({ capacity: 10, per: '1m' })
const limits = [{ name: 'ip', rule }]
const limiter = createLimiter<string>({
  store: memoryStore({ clock: manualClock() }),
  limits: [{ name: 'user', by: (id) => id, rule }],
})
export const decision: Decision = limiter.consume('ada')
export const remaining: number | undefined = decision.limits[0]?.remaining
export const isOurs = (error: unknown): string | undefined => (error instanceof SluiceError ? error.code : undefined)
export const guards = [express({ limits }), guardFetch({ limits }, () => new Response('ok'))]
export const plugins: (typeof fastify)[] = [fastify, fastifyPlugin]
export const others = [createProvider, redisStore]
export const telemetry = createTelemetry({
  limiters: [limiter],
  providers: [createProvider({ name: 'llm', limits: { requests: { capacity: 1, per: '1s' } } })],
})
export const page = quotaPage({ limiter, identify: () => 'ada' })

// @ts-expect-error A capacity is a number.
tokenBucket({ capacity: 'ten', per: '1m' })
// @ts-expect-error The subject is a string.
limiter.consume(5)
// @ts-expect-error There is no such option.
express({ limitz: limits })
// @ts-expect-error There is no such code.
export const code: SluiceError['code'] = 'SLUICE_NOTHING'
