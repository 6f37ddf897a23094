import { gzipSync } from 'node:zlib'
import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Ran, type Surroundings, sluice } from '../../test/run-cli.ts'
import type { SimulationResult } from '../simulation-result.ts'

const startMs = Date.UTC(2026, 10, 30)
const policy = JSON.stringify({
  version: '7',
  limits: {
    ip: { rule: { tokenBucket: { capacity: 2, per: '1m' } } },
    user: { rule: { fixedWindow: { capacity: 3, per: '1h' } }, shadow: true },
  },
})
const line = (atMs: number, address = '::1', user = 'ann', path = '/'): string =>
  JSON.stringify({ time: startMs + atMs + 0.5, remote_addr: address, request: `GET ${path} HTTP/1.1`, http_x_user: user })
const byUser = ['--key', 'ip=$remote_addr', '--key', 'user=$http_x_user']

function simulate(
  log: string | Uint8Array,
  args: readonly string[] = byUser,
  more: Surroundings & { readonly text?: string } = {},
): Promise<Ran> {
  return sluice(['simulate', 'policy.json', 'access.log', ...args], {
    ...more,
    files: { 'policy.json': more.text ?? policy, 'access.log': log },
  })
}

async function result(log: string | Uint8Array, args?: readonly string[], text?: string): Promise<SimulationResult> {
  const ran = await simulate(log, [...(args ?? byUser), '--json'], text === undefined ? {} : { text })
  expect(ran.err).toBe('')
  return JSON.parse(ran.out) as SimulationResult
}

test('refuses what the limiter of the core refuses at the same times', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom('a', 'b')), { minLength: 1, maxLength: 30 }),
      async (steps) => {
        const clock = manualClock()
        const limiter = createLimiter<string>({
          limits: [{ name: 'ip', by: (key) => key, rule: tokenBucket({ capacity: 2, per: '1m' }) }],
          store: memoryStore({ clock }),
        })
        let atMs = 0
        let refused = 0
        const lines = steps.map(([wait, address]) => {
          atMs += wait
          clock.setMs(startMs + atMs + 0.5)
          if (!limiter.consume(address).allowed) refused++
          return line(atMs, address)
        })
        expect(await result(lines.join('\n'))).toMatchObject({ requests: steps.length, refused })
      },
    ),
    { numRuns: 30 },
  )
})

test('counts what is refused by limit, route, key and minute', async () => {
  const log = [0, 1, 2, 61_000, 61_001]
    .map((at) => line(at, '::1', 'ann', '/orders/7'))
    .concat(line(61_002, '::2', 'bob'))
    .join('\n')
  const { limits, refusedRoutes, steps, log: read } = await result(log)
  expect(limits).toMatchObject([
    {
      name: 'ip',
      countedBy: '$remote_addr',
      applied: 6,
      refused: 1,
      refusedKeys: [{ name: '::1', count: 1 }],
      refusedPerStep: [1, 0],
      shadow: false,
    },
    {
      name: 'user',
      countedBy: '$http_x_user',
      applied: 6,
      refused: 1,
      busiestKeys: [
        { name: 'ann', count: 5 },
        { name: 'bob', count: 1 },
      ],
      shadow: true,
    },
  ])
  expect(refusedRoutes).toEqual([{ name: 'GET /orders/:id', count: 1 }])
  expect(steps).toEqual({ from: '2026-11-30T00:00:00.000Z', stepMs: 60_000, requests: [3, 3], refused: [1, 0] })
  expect(read).toMatchObject({ lines: 6, unreadable: 0, late: 0, stopped: null, from: '2026-11-30T00:00:00.000Z' })
})

test('reads the same from a packed log, from two packed parts and from standard input', async () => {
  const parts = [0, 1].map((part) => Array.from({ length: 50 }, (_, i) => `${line(part * 50_000 + i * 1000)}\n`).join(''))
  const { log: _log, ...plain } = await result(parts.join(''))
  for (const packed of [gzipSync(parts.join('')), Buffer.concat(parts.map((part) => gzipSync(part)))])
    expect(await result(packed)).toMatchObject(plain)
  const files = { 'policy.json': policy }
  const ran = await sluice(['simulate', 'policy.json', '-', '--json', ...byUser], {
    files,
    stdin: [...gzipSync(parts.join(''))].map((byte) => Uint8Array.of(byte)),
  })
  expect(JSON.parse(ran.out)).toMatchObject(plain)
})

test('reports what was read of a log that is cut off, and where it stopped', async () => {
  const text = Array.from({ length: 2000 }, (_, i) => `${line(i * 1000, `10.0.${i % 7}.${(i * 37) % 251}`)}\n`).join('')
  const packed = await result(gzipSync(text).subarray(0, -2000))
  expect(packed.log.stopped).toMatch(/^the packed log is cut off, after [\d,]+ lines and [\d,]+ bytes of text$/)
  expect(packed.requests).toBeGreaterThan(500)
  expect((await result(text.slice(0, -30))).log.stopped).toMatch(/^the log ends in the middle of line 2000, after 2,000 lines/)
  const damaged = gzipSync(text)
  damaged.fill(0xff, damaged.length - 1000)
  expect((await result(damaged)).log.stopped).not.toBeNull()
  expect((await simulate(text.slice(0, -30))).out).toContain('The log was read in part: the log ends in the middle of line 2000')
})

test('ends with a coded error where a small file holds more text than is allowed', async () => {
  const { code, err } = await simulate(gzipSync(Buffer.alloc(3 * 2 ** 20, 'a')), ['--max-unpacked', '2'])
  expect([code, err]).toEqual([2, expect.stringContaining('SLUICE_LOG_SIZE: The packed log holds more than 2 MiB of text')])
})

test('counts lines that are no requests, and quotes the first three with their control characters written out', async () => {
  const { out } = await simulate([line(0), '\u001b]0;owned\u0007', 'b'.repeat(500), 'c', 'd', line(1)].join('\n'))
  expect(out).toContain(`4 of 6 lines are no requests, such as:\n  \\x1b]0;owned\\x07\n  ${'b'.repeat(117)}...\n  c\n`)
  expect(out).not.toContain('\u001b')
})

test('writes names of a log harmlessly in the terminal and in HTML', async () => {
  const evil = '<img src=x onerror=alert(1)>\u001b[2J"\'&'
  const { out } = await simulate(line(0, evil))
  expect(out).toContain('<img src=x onerror=alert(1)>\\x1b[2J"\'&')
  const { htmlReport } = await import('../report/html.ts')
  const page = htmlReport(await result(line(0, evil)))
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;\\x1b[2J&quot;&#39;&amp;')
  expect(page).not.toMatch(/<img|<script|\p{Cc}(?<!\n)| style=| on\w+="/u)
  expect(page).toMatch(/Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/)
})

test('leaves out what a log cannot try, and says why', async () => {
  const limits = {
    ip: { rule: { tokenBucket: { capacity: 2, per: '1m' } } },
    slots: { rule: { concurrency: { capacity: 2 } } },
    code: { nearAt: 0.5 },
    part: { rule: { shareOf: { parent: 'code', ratio: 0.5 } } },
  }
  const { leftOut } = await result(line(0), [], JSON.stringify({ version: '7', limits }))
  expect(leftOut).toEqual([
    { name: 'code', reason: 'only your code has its rule' },
    { name: 'slots', reason: 'a log does not say how long each request was in flight' },
    { name: 'part', reason: 'only your code has the rule of code' },
  ])
})

test('suggests the smallest of twelve capacities that refuses no more than is asked for, each limit by itself', async () => {
  const text = JSON.stringify({ version: '7', limits: { ip: { rule: { tokenBucket: { capacity: 8, per: '1h' } } } } })
  const log = Array.from({ length: 100 }, (_, i) => line(i, i < 90 ? `10.0.0.${i % 45}` : '::1')).join('\n')
  const { suggestions } = await result(log, ['--suggest', '2%'], text)
  expect(suggestions).toMatchObject([{ limit: 'ip', applied: 100, capacity: 8 }])
  expect(suggestions![0]!.candidates.map(({ capacity, refused }) => [capacity, refused])).toEqual([
    [1, 54],
    [2, 8],
    [4, 6],
    [6, 4],
    [8, 2],
    [12, 0],
    [16, 0],
    [24, 0],
    [32, 0],
    [64, 0],
    [128, 0],
    [256, 0],
  ])
})

test('says where no capacity of the grid is large enough', async () => {
  const text = JSON.stringify({ version: '7', limits: { ip: { rule: { lifetimeQuota: { capacity: 1 } } } } })
  const { out } = await simulate(Array.from({ length: 100 }, (_, i) => line(i)).join('\n'), ['--suggest', '0%'], { text })
  expect(out).toContain('ip by itself. Every capacity that was tried refuses more than 0 %.')
})

test('draws a progress bar on a terminal only, and takes it away', async () => {
  const { err, out } = await simulate(line(0), byUser, { columns: 80 })
  expect(err).toBe(`\r[${'#'.repeat(40)}] 100 %  0 lines\u001b[K\r\u001b[K`)
  expect(out).toContain('\u001b[1mVersion 7 would have refused 0 of 1 requests')
  expect((await simulate(line(0), byUser, { columns: 80, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b')
})

test.each([
  ['a key of no limit', ['--key', 'pi=$remote_addr'], /there is no limit pi\. Known are ip, user/],
  ['a key that the shell has emptied', ['--key', 'ip='], /Put it in single quotes/],
  ['a percentage that is none', ['--suggest', '1'], /--suggest takes a percentage/],
  ['a format without a time', ['--format', '$remote_addr'], /--format has no time/],
  ['a format whose variables touch', ['--format', '$msec$remote_addr'], /nothing stands between \$msec and \$remote_addr/],
  ['a bound that is no number', ['--max-unpacked', '0'], /--max-unpacked takes a whole number/],
])('refuses %s', async (_name, args, reason) => {
  const { code, err } = await simulate(line(0), args)
  expect(err).toMatch(reason)
  expect([code, err.startsWith('SLUICE_ARGUMENTS')]).toEqual([2, true])
})

test('exits with 2 for a log that is missing or no log, and with 1 for a policy that is refused', async () => {
  const files = { 'policy.json': policy }
  expect(await sluice(['simulate', 'policy.json', '@absent.log'], { files })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^SLUICE_FILE/) as string,
  })
  expect(await simulate('hello\n')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^SLUICE_LOG_EMPTY: .* of 1\. The first is: hello/) as string,
  })
  expect(await simulate(line(0), byUser, { text: '{}' })).toMatchObject({ code: 1, err: expect.stringMatching(/^SLUICE_POLICY/) as string })
})
