import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { optionsOf } from '../../bench/race/options.ts'
import { exactWaits } from '../../bench/race/oracle.ts'
import { pageOf } from '../../bench/race/page.ts'
import { eachAttempt, peer, peerNames, retriesAlone } from '../../bench/race/peers.ts'
import { plot } from '../../bench/race/plot.ts'
import { fixedProvider, slidingProvider } from '../../bench/race/provider.ts'
import { type Contender, type RaceOutcome, race } from '../../bench/race/race.ts'
import { waitAt } from '../../bench/race/runs.ts'
import { sluiceAlone, sluiceOverRedis } from '../../bench/race/sluice.ts'
import { generatedTrace, readTrace, type TracedCall } from '../../bench/race/trace.ts'
import { connectRedis, disconnectRedis, type RedisConnections } from '../../bench/race/virtual-redis.ts'
import { replaceTime, type VirtualTime } from '../../bench/race/virtual-time.ts'
import { temporaryFolder } from '../../scripts/temporary-folder.ts'
import { type RedisServer, startRedis } from '../servers/index.ts'

const quota = { requests: 20, tokens: 4000 }
/** Twice the quota, all in the first ten seconds. */
const trace: readonly TracedCall[] = Array.from({ length: 40 }, (_, i) => ({ atMs: i * 250, input: 90 + (i % 5), output: 10 }))

describe('a provider', () => {
  test('that counts a sliding window says when a call fits', () => {
    const provider = slidingProvider({ requests: 2, tokens: 100 })
    expect(provider.arrive(1, 0, 60)).toBe(0)
    expect(provider.arrive(2, 10_000, 60)).toBe(50)
    // The call that was refused for its tokens counts as a request.
    expect(provider.arrive(3, 20_000, 1)).toBe(40)
    expect(provider.arrive(4, 60_000, 60)).toBe(0)
  })

  test('that counts fixed windows begins a new one at its phase', () => {
    const provider = fixedProvider({ requests: 1, tokens: 100 }, 15_000)
    expect(provider.arrive(1, 14_000, 1)).toBe(0)
    expect(provider.arrive(2, 14_500, 1)).toBe(1)
    expect(provider.arrive(3, 15_000, 1)).toBe(0)
    expect(provider.arrive(4, 15_000, 1)).toBe(60)
  })

  test.each([
    ['sliding', slidingProvider],
    ['fixed', (limit: typeof quota) => fixedProvider(limit, 0)],
  ] as const)('that counts %s windows takes what was used in place of the estimate', (_, provider) => {
    const { arrive, finish } = provider({ requests: 9, tokens: 100 })
    arrive(1, 0, 100)
    expect(arrive(2, 1000, 50)).toBeGreaterThan(0)
    finish(1, 2000, 50)
    expect(arrive(3, 3000, 50)).toBe(0)
  })
})

test('an exact mirror lets a second call wait for the window and the transit', () => {
  const call = { atMs: 0, input: 1, output: 1 }
  expect(exactWaits([call, call], { requests: 1, tokens: 1000 }, 250)).toEqual([0, 60_250])
  expect(exactWaits([call, call], { requests: 9, tokens: 3 }, 250)).toEqual([0, 60_250])
})

describe('a trace', () => {
  test('that is generated has the statistics of the trace that it is made from', () => {
    const calls = generatedTrace()
    const at = (part: number, of: (call: TracedCall) => number): number =>
      calls.map(of).sort((a, b) => a - b)[Math.floor(part * calls.length)]!
    expect(calls).toHaveLength(8575)
    expect(at(0.5, ({ input }) => input)).toBeGreaterThan(1400)
    expect(at(0.5, ({ input }) => input)).toBeLessThan(1540)
    expect(at(0.9, ({ output }) => output)).toBeGreaterThan(50)
    expect(at(0.9, ({ output }) => output)).toBeLessThan(60)
    expect(calls.at(-1)!.atMs).toBeGreaterThan(55 * 60_000)
    expect(generatedTrace(1)).not.toEqual(calls)
  })

  test('is read from a file, with the time from its first call', () => {
    const file = join(temporaryFolder('race-'), 'trace.csv')
    writeFileSync(
      file,
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n',
    )
    const [first, second] = readTrace(file)
    expect(first).toEqual({ atMs: 0, input: 4808, output: 10 })
    expect(second!.atMs).toBeCloseTo(52, 3)
  })

  test.each(['yesterday,1,2', '1.5,one,2', '1.5,1', '1.5,1.5,2'])('with the line %j is refused by the number of the line', (line) => {
    const file = join(temporaryFolder('race-'), 'trace.csv')
    writeFileSync(file, `timestamp,input,output\n1,1,1\n${line}\n`)
    expect(() => readTrace(file)).toThrow('line 3')
  })
})

test('the command line names the trace, the page and the quota', () => {
  expect(optionsOf([])).toEqual({ trace: undefined, html: undefined, requests: 300, tokens: 400_000 })
  expect(optionsOf(['--trace', 'a.csv', '--requests', '5'])).toMatchObject({ trace: 'a.csv', requests: 5 })
  expect(() => optionsOf(['--tokens', 'many'])).toThrow('--tokens is many')
  expect(() => optionsOf(['--speed', '5'])).toThrow('--speed')
})

describe('in virtual time', () => {
  let server: RedisServer
  let redis: RedisConnections
  let time: VirtualTime

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    redis = await connectRedis(server.port)
    time = replaceTime()
  })
  afterEach(() => {
    time.restore()
    disconnectRedis(redis)
  })

  function run(contender: Contender, unknownOutput?: number): Promise<RaceOutcome> {
    return race({ trace, provider: slidingProvider(quota), time, contender, unknownOutput, seed: 1 })
  }

  test('an hour of timers passes at once and in order, and stands still while a server works', async () => {
    const seen: (string | number)[] = []
    const timer = setInterval(() => seen.push(performance.now()), 1_800_000)
    setTimeout(() => seen.push('late'), 1_800_001)
    setImmediate(() => seen.push('soon'))
    void time.during(redis.client.ping()).then((answer) => seen.push(answer, time.nowMs()))
    const from = Date.now()
    await time.run(() => time.nowMs() >= 3_600_000)
    clearInterval(timer)
    expect(seen).toEqual(['PONG', 0, 'soon', 1_800_000, 'late', 3_600_000])
    expect(Date.now() - from).toBe(3_600_000)
    await expect(time.run(() => false)).rejects.toThrow('nothing is left')
  })

  test('retries alone are refused, and sluice is not and waits as an exact mirror does', async () => {
    const retries = await run(peer(retriesAlone, quota))
    expect(retries.limited).toBeGreaterThan(20)
    time.restore()
    time = replaceTime()
    const sluice = await run(sluiceAlone(quota, time))
    expect([sluice.limited, sluice.failed]).toEqual([0, 0])
    const exact = exactWaits(trace, quota, 250).toSorted((a, b) => a - b)
    expect(waitAt(sluice, 0.5) / exact[20]!).toBeLessThan(1.03)
    expect(waitAt(sluice, 0.99) / exact[39]!).toBeLessThan(1.03)
    const runs = [{ scenario: 'sliding window', contender: 'one < two', outcome: retries }]
    expect(plot(trace, runs)).toContain('429s    ▇█')
    expect(pageOf({ title: 'a & b', trace, runs })).toMatch(/a &#38; b[\s\S]*<svg[\s\S]*one &#60; two[\s\S]*<table>/)
  })

  test('three processes over Redis are not refused either, and ask less than 1.5 times a call', async () => {
    const outcome = await run(sluiceOverRedis(quota, time, redis))
    expect([outcome.limited, outcome.failed]).toEqual([0, 0])
    expect(outcome.questions / trace.length).toBeLessThan(1.5)
  })

  test('three processes that do not know the output before are not refused', async () => {
    const outcome = await run(sluiceOverRedis(quota, time, redis), 200)
    expect([outcome.limited, outcome.failed]).toEqual([0, 0])
  })

  test.each(peerNames.flatMap((name) => [name, `${name}${eachAttempt}`]))('%s comes to an end with every call', async (name) => {
    const { sentMs, failed } = await run(peer(name, quota))
    expect(sentMs.length + failed).toBe(trace.length)
    expect(sentMs.length).toBeGreaterThan(20)
  })
})
