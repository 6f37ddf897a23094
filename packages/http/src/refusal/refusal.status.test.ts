import { expect, test } from 'vitest'
import { exhausted, impossible, limited, unavailable } from '../../test/decisions.ts'
import type { RefusalStatus } from '../http-limit.ts'
import { refusalStatus } from './refusal.ts'

const wishes: Readonly<Record<string, RefusalStatus>> = { uploads: 503, queue: 503, disk: 507, user: 429, plan: 402, tenant: 403 }
const statusOf = (limit: string) => wishes[limit] ?? 429

test.each([
  ['a limit without a wish', limited(exhausted('ip', 1)), 429],
  ['a limit that wishes 503', limited(exhausted('uploads', 1)), 503],
  ['two limits that wish 503', limited(exhausted('uploads', 1), exhausted('queue', 1)), 503],
  ['one that counts the caller among them', limited(exhausted('uploads', 1), exhausted('ip', 1)), 429],
  ['a cost that no wait makes possible, since 503 would invite retries', impossible(exhausted('uploads', null)), 429],
  ['the outermost one that counts the caller', limited(exhausted('uploads', 1), exhausted('plan', 1), exhausted('tenant', 1)), 402],
  ['the outermost one of the server', limited(exhausted('disk', 1), exhausted('queue', 1)), 507],
  ['a cost that a plan never admits', impossible(exhausted('plan', null)), 402],
  ['an outage', unavailable(1000), 503],
  ['a refusal by no limit, such as a deny list', limited(), 429],
])('%s gives its status', (_, refused, status) => {
  expect(refusalStatus(refused, statusOf)).toBe(status)
})
