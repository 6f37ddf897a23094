/** Quotas for the page to show: one for each state, and those that are hard to lay out. */
import type { QuotaDocument, QuotaMinute, QuotaOfLimit } from '@sluice/http'

/** An hour of traffic that grows, with minutes near the limit and minutes with refusals. */
const busyHour: readonly QuotaMinute[] = Array.from({ length: 60 }, (_, i) => {
  const used = Math.round(20 + 60 * Math.abs(Math.sin(i / 7)) + (i % 5) * 4)
  return { used, refused: used > 92 ? 3 : 0, near: used > 80 }
})
const calmHour: readonly QuotaMinute[] = Array.from({ length: 60 }, (_, i) => ({ used: (i * 7) % 31, refused: 0, near: false }))

function limit(name: string, facts: Partial<QuotaOfLimit> = {}): QuotaOfLimit {
  const { capacity = 100, used = 63 } = facts
  return {
    name,
    parent: null,
    state: 'ok',
    rule: '100 a minute',
    unit: 'requests',
    capacity,
    used,
    remaining: capacity - used,
    retryAfterMs: 0,
    replenishAfterMs: used === 0 ? 0 : 600,
    resetAfterMs: used * 600,
    blocked: false,
    estimated: false,
    ...facts,
  }
}

function quota(state: QuotaDocument['state'], limits: readonly QuotaOfLimit[], more: Partial<QuotaDocument> = {}): QuotaDocument {
  return { version: 1, state, retryAfterMs: 0, limits, ...more }
}

const requests = limit('requests', { history: busyHour })
const tokens = limit('tokens', {
  capacity: 100_000,
  used: 17_860,
  rule: '100,000 an hour',
  resetAfterMs: 2_430_000,
  history: calmHour,
})
const near = limit('requests', { used: 92, state: 'near', history: busyHour })
const usedUp = limit('requests', { used: 100, state: 'limited', retryAfterMs: 23_400, history: busyHour })
const application = limit('application', { capacity: 4, used: 2, rule: '4 a second', resetAfterMs: 500 })
const seller = limit('seller', { parent: 'application', capacity: 2, used: 1, rule: '2 a second', resetAfterMs: 500 })

/** Sixty characters, which no line breaks by itself. */
const longName = 'x'.repeat(30) + 'Q'.repeat(30)

/** By name of the state. */
export const quotaDocuments = {
  fresh: quota('ok', [
    limit('requests', { used: 0 }),
    limit('tokens', { ...tokens, used: 0, remaining: 100_000, resetAfterMs: 0, history: [] }),
  ]),
  normal: quota('ok', [requests, tokens]),
  near: quota('near', [near, tokens]),
  limited: quota('limited', [usedUp, tokens], { retryAfterMs: 23_400 }),
  blocked: quota('limited', [{ ...usedUp, blocked: true, retryAfterMs: 90_000 }], { retryAfterMs: 90_000 }),
  'blocked forever': quota('limited', [{ ...usedUp, blocked: true, retryAfterMs: null }], { retryAfterMs: null }),
  unknown: quota('unknown', [], { retryAfterMs: null }),
  queue: quota('ok', [requests, tokens], { queue: { position: 3, waiting: 1, waitMs: 1800 } }),
  unlimited: { version: 1, state: 'ok', retryAfterMs: 0, limits: [], unlimited: ['plan'] },
  'no limits': quota('ok', []),
  layers: quota('ok', [
    application,
    seller,
    limit('open', { unit: 'concurrent-requests', capacity: 3, used: 1, rule: '3 at the same time' }),
  ]),
  'one limit': quota('ok', [requests]),
  'twelve limits': quota(
    'near',
    Array.from({ length: 12 }, (_, i) =>
      limit(`limit-${i + 1}`, { used: i * 8, state: i > 9 ? 'near' : 'ok', history: i % 2 ? busyHour : calmHour }),
    ),
  ),
  'long names': quota('near', [
    limit(longName, { state: 'near', used: 91, history: busyHour }),
    limit(`${longName.slice(1)}2`, { parent: longName, capacity: 30, used: 3 }),
  ]),
} satisfies Record<string, QuotaDocument>
