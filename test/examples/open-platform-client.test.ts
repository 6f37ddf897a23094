/** Both sides of one API: the integrator of the open platform, with egress and without. */
import { expect, test } from 'vitest'
import { integrate } from '../../examples/demo/both-sides.ts'

test('without egress nearly all calls at ten times the rate are refused', { timeout: 60_000 }, async () => {
  const { calls, served, limited, dropped } = await integrate(true)
  expect(served + limited + dropped).toBe(calls)
  expect(limited).toBeGreaterThan(0.8 * calls)
})

test('with egress only calls in flight are refused when the rate drops, 90 % of it is used, and no seller starves', {
  timeout: 120_000,
}, async () => {
  // A machine that is busy for longer than the transit of 50 ms spoils a run.
  for (let attempt = 1; ; attempt++) {
    const { limited, dropped, served, allowed, sellers, learned } = await integrate(false)
    const fewest = Math.min(...Object.values(sellers))
    if (attempt < 3 && (limited > 0 || served < 0.9 * allowed || fewest < served / 10)) continue
    expect(limited).toBe(0)
    expect(learned).toEqual({ application: 4, ada: 2, bob: 2, cleo: 2, dan: 2 })
    // At most a window of calls.
    expect(dropped).toBeLessThanOrEqual(8)
    expect(served).toBeGreaterThanOrEqual(0.9 * allowed)
    expect(fewest).toBeGreaterThanOrEqual(served / 10)
    return
  }
})
