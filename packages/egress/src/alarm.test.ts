import { afterEach, expect, test, vi } from 'vitest'
import { type Alarms, alarmsOf } from './alarm.ts'
import { createProvider } from './provider/provider.ts'

afterEach(() => void vi.useRealTimers())

/** Alarms of a clock that moves with the timers, real or fake. The times of alarms count from the start. */
function scene(): { alarms: Alarms; rung: string[]; startMs: number; ring(name: string, afterMs: number): void } {
  const startMs = Date.now()
  const alarms = alarmsOf({ nowMs: () => Date.now() })
  const rung: string[] = []
  return { alarms, rung, startMs, ring: (name, afterMs) => void alarms.at(startMs + afterMs, () => rung.push(name), true) }
}

test('one timer rings all alarms in the order of their times, and none that was cancelled', () => {
  vi.useFakeTimers()
  const { alarms, rung, ring } = scene()
  ring('second', 20)
  ring('first', 10)
  alarms.cancel(alarms.at(Date.now() + 15, () => rung.push('cancelled'), true))
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(20)
  expect(rung).toEqual(['first', 'second'])
  expect(vi.getTimerCount()).toBe(0)
})

test('an alarm that throws stops none of the others', () => {
  vi.useFakeTimers()
  const { alarms, rung, ring } = scene()
  const fail = (): never => {
    throw new Error('of one alarm')
  }
  alarms.at(Date.now() + 10, fail, true)
  ring('due at once', 10)
  ring('later', 20)
  expect(() => vi.advanceTimersByTime(20)).toThrow('of one alarm')
  vi.advanceTimersByTime(20)
  expect(rung).toEqual(['due at once', 'later'])
})

test('timers that are replaced while an alarm is set lose no alarm, neither under fake time nor after it', async () => {
  const { rung, startMs, ring } = scene()
  ring('set in real time', 30)
  vi.useFakeTimers({ now: startMs })
  ring('set and never rung', 10)
  ring('set in fake time', 5)
  vi.advanceTimersByTime(5)
  expect(rung).toEqual(['set in fake time'])
  vi.useRealTimers()
  ring('set afterwards', 40)
  await expect.poll(() => rung).toEqual(['set in fake time', 'set and never rung', 'set in real time', 'set afterwards'])
})

test('an alarm that was set in real time rings, though fake time came and went meanwhile', async () => {
  const { rung, startMs, ring } = scene()
  ring('set in real time', 30)
  vi.useFakeTimers({ now: startMs })
  ring('sooner', 10)
  vi.useRealTimers()
  await expect.poll(() => rung).toEqual(['sooner', 'set in real time'])
})

test('a provider that was made in fake time stops no provider that is made afterwards', async () => {
  const make = () => createProvider({ name: 'llm', limits: { requests: { capacity: 1, per: '20ms' } }, transit: '1ms' })
  vi.useFakeTimers()
  make()
  vi.useRealTimers()
  const provider = make()
  await provider.acquire()
  await provider.acquire()
})
