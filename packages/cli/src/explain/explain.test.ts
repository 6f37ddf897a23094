import { expect, test } from 'vitest'
import { sluice } from '../../test/run-cli.ts'

const policy = (limits: object, more: object = {}): string => JSON.stringify({ version: '7', ...more, limits })
const explain = async (text: string): Promise<string> => (await sluice(['explain', 'policy.json'], { files: { 'policy.json': text } })).out

test('says each limit in words, and the most that it admits', async () => {
  const limits = {
    seller: { rule: { shareOf: { parent: 'application', ratio: 0.5 } }, disclose: false },
    application: { rule: { burstMax: { refill: 4, per: '1s' } }, nearAt: 0.9 },
    search: { rule: { slidingWindow: { capacity: 100, per: '15m', slots: 6 } }, cost: 3, ban: { after: 20, within: '1m', for: '90s' } },
    uploads: { rule: { concurrency: { capacity: 3 } }, onOutage: 'deny' },
  }
  expect(await explain(policy(limits))).toBe(`Version 7 has 4 limits. A request passes if each of them admits it.

application
  4 units in each second, or up to 8 in one of them. What is above 4 is taken from the next one, which may not borrow again.
  Near from 90 %.

seller
  A share: at most 50 % of application.
  2 units in each second, or up to 4 in one of them. What is above 2 is taken from the next one, which may not borrow again.
  Callers do not see it.

search
  At most 100 units in any 15 minutes, wherever it begins. A unit comes back up to 150 seconds late.
  Each request costs 3.
  20 refusals within 1 minute block the key for 90 seconds.

uploads
  At most 3 in flight at the same time. How many pass in a time depends on how long each takes.
  While the store is away: deny.

The most requests that one key is admitted in any stretch of

limit             1 s     1 min       1 h     1 day
-----------  --------  --------  --------  --------
application        12       248    14,408   345,608
seller              6       124     7,204   172,804
search             33        33       166     3,233
uploads      no bound  no bound  no bound  no bound
`)
})

test.each([
  ['{"tokenBucket":{"capacity":1,"per":"1h"}}', 'At most 1 unit at once. 1 come back an hour, one by one.'],
  [
    '{"tokenBucket":{"capacity":9,"per":"5s","refill":2,"mode":"interval"}}',
    'At most 9 units at once. 2 come back at the end of each 5 seconds.',
  ],
  ['{"fixedWindow":{"capacity":9,"per":"1d"}}', 'At most 9 units in each day. Each begins on the clock, the same for every key.'],
  [
    '{"fixedWindow":{"capacity":9,"per":"1d","align":"first"}}',
    'At most 9 units in each day. Each begins with the first request of a key.',
  ],
  ['{"fixedWindow":{"capacity":9,"per":"month","timeZone":"UTC"}}', 'At most 9 units in each month of the calendar in UTC.'],
  ['{"slidingWindow":{"capacity":9,"per":"1ms"}}', 'At most 9 units in the last millisecond, by an estimate from two counts.'],
  ['{"slidingWindow":{"capacity":9,"per":"1s","exact":true}}', 'At most 9 units in any second, wherever it begins.'],
  ['{"lifetimeQuota":{"capacity":9000}}', '9,000 units in all, which never come back.'],
  ['"unlimited"', 'Unlimited.'],
])('says the rule %s in words', async (rule, words) => {
  expect(await explain(`{ "version": "1", "limits": { "one": { "rule": ${rule} } } }`)).toContain(`one\n  ${words}\n`)
})

test('bounds a guaranteed share by its parent, and nothing that is measured only', async () => {
  const limits = {
    parent: { rule: { fixedWindow: { capacity: 10, per: '1s' } } },
    child: { rule: { shareOf: { parent: 'parent', ratio: 0.2, guaranteed: true } } },
    watched: { rule: { fixedWindow: { capacity: 10, per: '1s' } }, shadow: true },
  }
  const text = await explain(policy(limits))
  expect(text).toContain('Can always have 20 % of parent, and more of it while others leave it.')
  expect(text).toMatch(/^child +20 +610/m)
  expect(text).toMatch(/^watched +no bound/m)
  expect(await explain(policy(limits, { shadow: true }))).toMatch(/^parent +no bound/m)
})

test('names the limits whose rule only the code has', async () => {
  expect(await explain(policy({ api: { nearAt: 0.5 } }))).toContain('Only your code has the rule of api.')
})

test('exits with 1 for a policy that is refused', async () => {
  const { code, err } = await sluice(['explain', 'policy.json'], { files: { 'policy.json': '{}' } })
  expect([code, err]).toEqual([1, expect.stringContaining('SLUICE_POLICY: The policy is refused at line 1, column 1')])
})
