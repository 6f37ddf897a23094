/** "Logging and metrics" does what it says: its programs run, and their logs are read. */
import { expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { output } from '../readme/workbench.ts'

const blocks = snippetsOf('docs/guides/logging-and-metrics.md')
const [server, counting, timing, egress] = blocks.filter(({ language }) => language === 'ts').map(({ text }) => text)

/** Adds code behind a program, in place of a text of it. */
function driven(program: string, replaced: string, code: string): string {
  expect(program).toContain(replaced)
  return program.replace(replaced, code)
}

interface Line {
  readonly msg: string
  readonly [field: string]: unknown
}

function linesOf(text: string): readonly Line[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

test('refusals are logged with who and where, and bans, faults and outages with their cause', async () => {
  const printed = await output(
    'guide-logging.ts',
    driven(
      server!,
      'await app.listen({ port: 3000 })',
      `
for (let i = 0; i < 5; i++) await app.inject({ url: '/items/' + i, headers: { cookie: 'session=hunter2', authorization: 'Bearer hunter2' } })

import { createLimiter, memoryStore, surviveOutages } from '@sluice/core'
const away = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:6379'), { code: 'ECONNREFUSED', address: '10.1.2.3' })
const store = surviveOutages({ ...memoryStore(), sync: false, decide: () => Promise.reject(away) }, { processes: 1 })
const limits = [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 1, per: '1m' }) }]
const limiter = createLimiter({ store, limits })
limiter.observe(logEvent)
for (let i = 0; i < 3; i++) await limiter.consume('ada')
const faulty = createLimiter({ onFault: 'allow', limits: [{ ...limits[0], by: () => null }] })
faulty.observe(logEvent)
faulty.consume('ada')
await app.close()
`,
    ),
  )
  expect(printed).not.toContain('hunter2')
  const lines = linesOf(printed)
  const documented = JSON.parse(blocks.find(({ language }) => language === 'json')!.text) as Line
  expect(lines.find(({ msg }) => msg === 'refused')).toMatchObject({ ...documented, retryAfterMs: expect.closeTo(30_000, -3) })
  expect(lines.map(({ msg }) => msg)).toEqual(['refused', 'banned', 'refused', 'refused', 'refused', 'outage began', 'refused', 'fault'])
  expect(lines.find(({ msg }) => msg === 'banned')).toMatchObject({ limit: 'ip', key: '127.0.0.1', banLevel: 1, durationMs: 300_000 })
  expect(lines.find(({ msg }) => msg === 'outage began')).toMatchObject({ code: 'ECONNREFUSED', reason: 'connect ECONNREFUSED [host]' })
  expect(lines.find(({ msg }) => msg === 'fault')).toMatchObject({ limit: 'user', err: { code: 'SLUICE_KEY' } })
})

test('decisions are counted once, calls of a store are timed, and refusals of a provider are logged', async () => {
  const [counted, timed, ...logged] = (
    await output(
      'guide-metrics.ts',
      `${counting}\n${timing}\n${egress}
import { memoryStore, surviveOutages } from '@sluice/core'
const memory = memoryStore()
const decide = async (call) => (await new Promise((resolve) => setTimeout(resolve, 30)), memory.decide(call))
const slow = createLimiter({ store: surviveOutages({ ...memory, sync: false, decide }, { processes: 1, timeout: '5s' }), limits: [{ name: 'x', by: () => 'x', rule }] })
await slow.consume()
console.log(JSON.stringify(histogram.map(({ calls }) => calls)))
for (let i = 0; i < 3; i++) await llm.acquire({ caller: 'ada' }).catch(() => undefined)
await llm.close()
`,
    )
  )
    .trim()
    .split('\n')
  expect(counted).toBe(/\/\/> (.+)$/m.exec(counting!)![1])
  const calls = JSON.parse(timed!) as number[]
  expect([calls.slice(0, 4), calls.at(-1)]).toEqual([[0, 0, 0, 0], 1])
  expect(linesOf(logged.join('\n'))).toMatchObject([{ msg: 'refused', code: 'SLUICE_EGRESS_WAIT', caller: 'ada' }])
})
