import { expect, test } from 'vitest'
import * as core from './index.ts'

test('exports what applications write, and nothing else', () => {
  expect(Object.keys(core).sort()).toEqual([
    'SluiceError',
    'adaptiveCapacity',
    'ban',
    'burstMax',
    'cached',
    'checkLimits',
    'concurrency',
    'createLimiter',
    'everyone',
    'fixedWindow',
    'guaranteedShareOf',
    'lifetimeQuota',
    'limit',
    'lockedStore',
    'memoryStore',
    'shareOf',
    'skip',
    'slidingWindow',
    'surviveOutages',
    'tokenBucket',
    'unlimited',
  ])
})
