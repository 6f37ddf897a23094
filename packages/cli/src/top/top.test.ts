import type { LiveState } from '@sluice/dashboard'
import { expect, test } from 'vitest'
import { sluice } from '../../test/run-cli.ts'
import { screenOf } from './screen.ts'

const state: LiveState = {
  atMs: 1_000_000,
  processes: 3,
  alone: null,
  decisions: 1240,
  refused: 9.6,
  limits: [
    { name: 'user', admitted: 902, near: 117, refused: 3.5, shadow: 0 },
    { name: 'ip', admitted: 1228, near: 31, refused: 6.2, shadow: 0 },
  ],
  refusals: 8230,
  keys: [{ id: 'x', limit: 'ip', label: '#01387e4356\u001b[2J', token: 't', count: 4115, share: 0.5 }] as unknown as LiveState['keys'],
  blocked: [],
  cached: 3.1,
  local: 0,
  storeCalls: 74_210,
  p50Ms: 0.9,
  p99Ms: 3.6,
  usage: [],
  callsInRoundTrip: 3.4,
  outages: [{ provider: null, code: 'ECONNREFUSED', reason: 'connect ECONNREFUSED', sinceMs: 940_000 }],
  faults: [{ code: 'SLUICE_FUNCTION_TIMEOUT', limit: 'user', count: 3, lastMs: 999_000 }],
  providers: [{ name: 'openai', limits: { requests: 500 }, waiting: 14, inFlight: 20, waitMs: 2000, sent: 488, refused: 3, limited: 0 }],
  policy: null,
}

test('begins with a sentence, then shows what is wrong, limits, keys and health', () => {
  expect(screenOf(state, { columns: 80, hasColours: false })).toBe(`3 processes: 1,240 decisions a second, 0.8 % refused.

The store does not answer, for 60 s: connect ECONNREFUSED (ECONNREFUSED)
SLUICE_FUNCTION_TIMEOUT of user: 3 times

limit  admitted/s  refused/s  refused    near  shadow/s
-----  ----------  ---------  -------  ------  --------
ip          1,228        6.2    0.5 %   2.5 %         0
user          902        3.5    0.4 %  12.9 %         0

refused most, of 8,230  limit  refusals  of all
----------------------  -----  --------  ------
#01387e4356\\x1b[2J         ip     4,115    50 %

store: half within 0.9 ms, 99 % within 3.6 ms
3.4 calls in a round trip · remembered refusals 3.1/s · local decisions 0/s
openai: 14 wait, 20 in flight; of the last minute 488 sent, 3 turned away, 0 lim`)
})

test('what is wrong is red on a terminal with colours', () => {
  expect(screenOf(state, { columns: 200, hasColours: true })).toContain('\u001b[31mThe store does not answer')
})

test('says what to do where no process publishes anything', () => {
  expect(screenOf({ ...state, processes: 0 }, { columns: 80, hasColours: false })).toContain('`shared: redisLive(client)`')
})

test.each([[undefined], ['localhost:6379']])('names REDIS_URL, and never its value, where it is %s', async (url) => {
  const { code, err } = await sluice(['top'], { env: url === undefined ? {} : { REDIS_URL: url } })
  expect([code, err]).toEqual([2, expect.stringMatching(/^SLUICE_TOP: .*REDIS_URL is no address of a Redis\. Set REDIS_URL/)])
  expect(err).not.toContain('localhost:6379')
})

test('ends with the cause where Redis cannot be reached', async () => {
  const { code, err } = await sluice(['top'], { env: { REDIS_URL: 'redis://:secret@127.0.0.1:1' } })
  expect([code, err]).toEqual([2, expect.stringMatching(/^SLUICE_TOP: The figures of the processes cannot be read: .*ECONNREFUSED/)])
  expect(err).not.toContain('secret')
})
