import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Hold } from '../store.ts'
import { type Resend, resend } from './resend.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const clock = { nowMs: (): number => performance.now() }
const hold = (id: string): Hold => ({ id, entries: [] })

/** A queue to a store that confirms or not, as it is told; and what was sent to it. */
function queue(): { again: Resend; sent: string[]; lost: number[]; be(isUp: boolean): void } {
  const sent: string[] = []
  const lost: number[] = []
  let isUp = false
  const send = async ({ id }: Hold, unconfirmed: readonly number[] | null): Promise<boolean> => {
    sent.push(`${id} ${unconfirmed ?? 'renewed'}`)
    return isUp
  }
  const again = resend({ clock, send, lost: (count) => lost.push(count) })
  return { again, sent, lost, be: (up) => (isUp = up) }
}

test('sends one until it is confirmed, then the others in rounds that double', async () => {
  const { again, sent, be } = queue()
  for (let i = 0; i < 12; i++) again.add(hold(`h${i}`), [i])
  await vi.advanceTimersByTimeAsync(350)
  expect(sent).toEqual(['h0 0', 'h0 0', 'h0 0'])
  be(true)
  await vi.advanceTimersByTimeAsync(100)
  expect(sent.slice(3)).toEqual(Array.from({ length: 12 }, (_, i) => `h${i} ${i}`))
  await vi.advanceTimersByTimeAsync(1000)
  expect(sent).toHaveLength(15)
})

test('goes before a call, one at a time', async () => {
  const { again, sent } = queue()
  again.add(hold('a'), [1])
  again.add(hold('b'), [1])
  again.beforeCall()
  again.beforeCall()
  expect(sent).toEqual(['a 1'])
})

test('a settlement takes the place of a renewal, and a renewal not that of a settlement', async () => {
  const { again, sent } = queue()
  const [one, two] = [hold('one'), hold('two')]
  again.add(one, null)
  again.add(one, [2])
  again.add(two, [3])
  again.add(two, null)
  again.beforeCall()
  await vi.advanceTimersByTimeAsync(0)
  again.drop(one, null)
  again.drop(two, null)
  again.beforeCall()
  await vi.advanceTimersByTimeAsync(0)
  expect(sent).toEqual(['one 2', 'one 2'])
})

test('what was confirmed late is not sent any more', async () => {
  const { again, sent } = queue()
  const one = hold('one')
  const used = [1]
  again.add(one, used)
  again.drop(one, used)
  await vi.advanceTimersByTimeAsync(1000)
  expect(sent).toEqual([])
})

test('gives settlements up after ten minutes, and says how many', async () => {
  const { again, lost, sent } = queue()
  again.add(hold('a'), [1])
  again.add(hold('b'), [1])
  again.add(hold('c'), null)
  await vi.advanceTimersByTimeAsync(599_000)
  expect(lost).toEqual([])
  await vi.advanceTimersByTimeAsync(2000)
  expect(lost).toEqual([2])
  const count = sent.length
  await vi.advanceTimersByTimeAsync(10_000)
  expect(sent).toHaveLength(count)
})

test('ten thousand wait at most: the oldest gives way', () => {
  const { again, lost } = queue()
  for (let i = 0; i < 10_003; i++) again.add(hold(`h${i}`), [1])
  expect(lost).toEqual([1, 1, 1])
  again.close()
  expect(lost).toEqual([1, 1, 1, 10_000])
})

test('keeps no process alive', () => {
  const { again } = queue()
  const unref = vi.fn()
  vi.spyOn(globalThis, 'setTimeout').mockReturnValue({ unref } as never)
  again.add(hold('a'), [1])
  expect(unref).toHaveBeenCalledOnce()
  vi.restoreAllMocks()
})
