/** Where a caller stands: the states, their order, and a countdown by the monotonic clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createQuota, type Quota, type QuotaState } from './quota.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function answer(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers })
}
const left = (r: number, t = 6): Response => answer(200, { RateLimit: `"ip";r=${r};t=${t}`, 'RateLimit-Policy': '"ip";q=10;w=60' })
const refusal = (seconds: number): Response => answer(429, { 'Retry-After': String(seconds) })

/** A quota with a listener. @returns also the states that it was called for */
function watched(): { readonly api: Quota; readonly states: QuotaState[]; readonly stop: () => void } {
  const api = createQuota()
  const states: QuotaState[] = []
  return { api, states, stop: api.subscribe(() => states.push(api.state)) }
}

test('nothing is known until a response says something', () => {
  const { api } = watched()
  expect(api.state).toEqual({ status: 'unknown' })
  api.read(answer(200))
  expect(api.state.status).toBe('unknown')
})

test('is ok, near from a fifth on, and limited when nothing is left', () => {
  const { api } = watched()
  const numbers = { name: 'ip', limit: 10 }
  api.read(left(3))
  expect(api.state).toEqual({ status: 'ok', remaining: 3, ...numbers })
  api.read(left(2))
  expect(api.state).toEqual({ status: 'near', remaining: 2, seconds: 6, ...numbers })
  api.read(left(0))
  expect(api.state).toEqual({ status: 'limited', remaining: 0, seconds: 6, ...numbers })
})

test('`near` is a share from 0 to 1', () => {
  const api = createQuota({ near: 0.5 })
  api.read(left(5))
  expect(api.state.status).toBe('near')
  for (const near of [-0.1, 1.1, Number.NaN]) expect(() => createQuota({ near })).toThrow(RangeError)
})

describe('a countdown', () => {
  test('changes the state once a second, rounded up, and ends once', () => {
    const { api, states } = watched()
    api.read(refusal(3))
    vi.advanceTimersByTime(2999)
    expect(states.map(({ seconds }) => seconds)).toEqual([3, 2, 1])
    expect(api.state.status).toBe('limited')
    vi.advanceTimersByTime(1)
    expect(states.slice(3).map(({ status }) => status)).toEqual(['ok'])
    vi.advanceTimersByTime(60_000)
    expect(states).toHaveLength(4)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not mind a clock that is wrong, or is set in the middle of it', () => {
    const { api } = watched()
    vi.setSystemTime('2030-01-01')
    api.read(refusal(10))
    vi.setSystemTime('2030-01-01T00:10:00Z')
    vi.advanceTimersByTime(1000)
    expect(api.state).toMatchObject({ status: 'limited', seconds: 9 })
    vi.setSystemTime('2020-01-01')
    vi.advanceTimersByTime(8999)
    expect(api.state.status).toBe('limited')
    vi.advanceTimersByTime(1)
    expect(api.state.status).toBe('ok')
  })

  test('is right at once where timers have slept', () => {
    const { api, stop } = watched()
    api.read(refusal(10))
    stop()
    vi.advanceTimersByTime(7500)
    expect(api.state.seconds).toBe(3)
    vi.advanceTimersByTime(2500)
    expect(api.state.status).toBe('ok')
  })

  test('may last for weeks', () => {
    const { api } = watched()
    api.read(refusal(40 * 86_400))
    vi.advanceTimersByTime(5000)
    expect(api.state.seconds).toBe(40 * 86_400 - 5)
  })

  test('a snapshot is the same object until something changes', () => {
    const { api } = watched()
    api.read(refusal(10))
    const first = api.state
    vi.advanceTimersByTime(900)
    expect(api.state).toBe(first)
    vi.advanceTimersByTime(100)
    expect(api.state).not.toBe(first)
  })
})

describe('a refusal that tells no time', () => {
  test('is over after a second, then two, and at most thirty, and no number is shown', () => {
    const { api } = watched()
    const waits: number[] = []
    for (let i = 0; i < 7; i++) {
      api.read(answer(429))
      expect(api.state).toEqual({ status: 'limited' })
      const from = performance.now()
      while (api.state.status === 'limited') vi.advanceTimersByTime(500)
      waits.push(performance.now() - from)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    api.read(left(9))
    api.read(answer(429))
    vi.advanceTimersByTime(1000)
    expect(api.state.status).toBe('ok')
  })

  test('shortens no wait that another one has told', () => {
    const { api } = watched()
    api.read(refusal(20))
    api.read(answer(429))
    expect(api.state.seconds).toBe(20)
  })
})

describe('answers out of order', () => {
  /** Two calls at once. @returns the quota, and how each is answered */
  function twoCalls(): {
    readonly api: Quota
    answerFirst(response: Response): Promise<void>
    answerSecond(response: Response): Promise<void>
  } {
    const api = createQuota()
    const waiting: ((response: Response) => void)[] = []
    const call = api.wrap(() => new Promise<Response>((resolve) => void waiting.push(resolve)))
    const calls = [call(), call()]
    const answerOne = async (i: number, response: Response): Promise<void> => {
      waiting[i]!(response)
      await calls[i]
    }
    return { api, answerFirst: (response) => answerOne(0, response), answerSecond: (response) => answerOne(1, response) }
  }

  test('a call that was sent earlier and passed changes nothing', async () => {
    const { api, answerFirst, answerSecond } = twoCalls()
    await answerSecond(refusal(5))
    await answerFirst(left(9))
    expect(api.state).toMatchObject({ status: 'limited', seconds: 5 })
  })

  test('a call that was sent later and passed ends a refusal', async () => {
    const { api, answerFirst, answerSecond } = twoCalls()
    await answerFirst(refusal(5))
    await answerSecond(left(9))
    expect(api.state.status).toBe('ok')
  })

  test('a refusal counts whenever it comes, and the longer wait of two', async () => {
    const { api, answerFirst, answerSecond } = twoCalls()
    await answerSecond(refusal(9))
    await answerFirst(refusal(5))
    expect(api.state.seconds).toBe(9)
  })
})

test('a failed call changes nothing, and its error is passed on', async () => {
  const api = createQuota()
  const call = api.wrap(() => Promise.reject<Response>(new TypeError('offline')))
  await expect(call()).rejects.toThrow('offline')
  expect(api.state.status).toBe('unknown')
})

test('a refusal of another origin that hides its wait is warned of, once', () => {
  const warned = vi.spyOn(console, 'warn').mockReturnValue()
  const api = createQuota()
  const hidden = Object.defineProperty(answer(429), 'type', { value: 'cors' })
  api.read(Object.defineProperty(refusal(1), 'type', { value: 'cors' }))
  api.read(answer(429))
  expect(warned).not.toHaveBeenCalled()
  api.read(hidden)
  api.read(hidden)
  expect(warned.mock.calls).toEqual([
    [expect.stringContaining('Access-Control-Expose-Headers: RateLimit, RateLimit-Policy, Retry-After, Date')],
  ])
  vi.restoreAllMocks()
})

test('after the last listener is gone no timer is left', () => {
  const { api, stop } = watched()
  api.read(refusal(10))
  expect(vi.getTimerCount()).toBe(1)
  stop()
  expect(vi.getTimerCount()).toBe(0)
})
