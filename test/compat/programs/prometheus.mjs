/** A registry of the Prometheus library that the first argument names shows our metrics. */
import assert from 'node:assert/strict'
import { createLimiter, tokenBucket } from '@sluice/core'
import { createTelemetry } from '@sluice/telemetry'

const { Registry } = await import(process.argv[2])
const limiter = createLimiter({ limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 2, per: '1h' }) }] })
const registry = new Registry()
createTelemetry({ limiters: [limiter] }).prometheus(registry)
for (let i = 0; i < 3; i++) limiter.consume('ann')
const text = await registry.metrics()
assert.match(text, /^sluice_decisions_total\{limit="user",outcome="limited"\} 1$/m)
assert.match(text, /^# TYPE sluice_store_duration_seconds histogram$/m)
