/** What users write, continued: slower answers, quotas for life, stores of their own, headers of their own decisions, metrics. */
import {
  createLimiter,
  type DecideRows,
  lifetimeQuota,
  lockedStore,
  memoryStore,
  type RowKeys,
  type StoredRow,
  tokenBucket,
  unlimited,
} from '@sluice/core'
import * as ex from '@sluice/express'
import { sluice } from '@sluice/fastify'
import * as ho from '@sluice/hono'
import { redisStore } from '@sluice/redis'
import { createTelemetry } from '@sluice/telemetry'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { Registry } from 'prom-client'
import { createClient } from 'redis'

interface Account {
  readonly id: string
  readonly plan: 'free' | 'pro' | 'enterprise'
}

// 18 slower instead of refused
const app = Fastify()
app.register(sluice, {
  maxWaiting: 50,
  limits: [{ name: 'pages', rule: tokenBucket({ capacity: 60, per: '1m' }), slowDown: { after: 40, delay: '200ms', max: '2s' } }],
})
// @ts-expect-error a delay has no default
app.register(sluice, { limits: [{ name: 'pages', rule: tokenBucket({ capacity: 60, per: '1m' }), slowDown: { after: 40 } }] })

// 19 a trial for life, and a plan without an end
const plans = createLimiter<Account>({
  limits: [
    { name: 'trial', by: ({ id }) => id, rule: lifetimeQuota({ capacity: 1000 }) },
    {
      name: 'minute',
      by: ({ id }) => id,
      rule: ({ plan }) => (plan === 'enterprise' ? unlimited : tokenBucket({ capacity: 60, per: '1m' })),
    },
  ],
})
const first: boolean = plans.consume({ id: 'ann', plan: 'enterprise' }).allowed
// @ts-expect-error a quota for life has no period
lifetimeQuota({ capacity: 1000, per: '1d' })

// 20 a store on a database
declare const inTransaction: <T>(work: () => T) => T
declare const rowsOf: (keys: RowKeys) => Promise<readonly StoredRow[]>
const trials = createLimiter<Account>({
  limits: [{ name: 'trial', by: ({ id }) => id, rule: lifetimeQuota({ capacity: 1000 }) }],
  store: lockedStore({
    transaction: (keys: RowKeys, decide: DecideRows) => inTransaction(async () => void decide(await rowsOf(keys))),
  }),
})

// 21 node-redis
const redis = createClient({ url: 'redis://127.0.0.1' })
const shared = createLimiter<Account>({
  store: redisStore(redis, { timeout: '100ms' }),
  limits: [{ name: 'user', by: ({ id }) => id, rule: tokenBucket({ capacity: 100, per: '1m' }) }],
})
// @ts-expect-error the store of Redis answers later
shared.consume({ id: 'ann', plan: 'free' }).allowed

// 22 headers of a decision that a handler made
express().post('/jobs', async (_request, response) => {
  ex.writeHeaders(await shared.consume({ id: 'ann', plan: 'free' }, { cost: 3 }), response)
  response.end()
})
new Hono().post('/jobs', async (context) => {
  ho.writeHeaders(await shared.consume({ id: 'ann', plan: 'free' }), context)
  return context.text('queued')
})

// 23 names and statuses of one's own, and actual costs for one limit from one function
app.register(sluice, {
  headers: [{ preset: 'names', limit: 'X-Quota', remaining: 'X-Quota-Left', reset: 'X-Quota-Reset', resetUnit: 'epoch-seconds' }],
  headersOn: 'refusals',
  limits: [{ name: 'plan', rule: tokenBucket({ capacity: 2, per: '1d' }), status: 402 }],
})
// @ts-expect-error a name that the preset does not have
app.register(sluice, { headers: [{ preset: 'names', limits: 'X-Quota' }] })

// 24 metrics
const memory = memoryStore({ maxBuckets: 100_000 })
const telemetry = createTelemetry({ limiters: [plans, shared, trials], stores: [memory] })
telemetry.prometheus(new Registry())

export { first }
