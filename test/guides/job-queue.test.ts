/** The worker of BullMQ in "Calling rate-limited providers" does what the guide says, with a real Redis. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { output } from '../readme/workbench.ts'
import { startRedis } from '../servers/index.ts'

const jobs = 5

/** Adds jobs, waits for their results, and prints what became of them. */
const driver = (port: number): string => `
import { Queue, QueueEvents } from 'bullmq'
const connection = { host: '127.0.0.1', port: ${port} }
const queue = new Queue('summaries', { connection })
const events = new QueueEvents('summaries', { connection })
let refused = 0
provider.observe((event) => { if (event.type === 'refused') refused += 1 })
const added = await Promise.all(Array.from({ length: ${jobs} }, (_, i) => queue.add('summary', { prompt: 'job ' + i }, { attempts: 1 })))
const results = await Promise.all(added.map((job) => job.waitUntilFinished(events, 20_000)))
const ended = await Promise.all(added.map((job) => queue.getJob(job.id)))
console.log(JSON.stringify({ results, refused, attempts: ended.map((job) => job.attemptsMade) }))
await worker.close()
await queue.close()
await events.close()
await provider.close()
`

test('a refusal delays the job and costs it no attempt, and every job is done', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const server = createServer((request, response) => {
    void text(request).then((body) => response.end(`summary of ${body}`))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const worker = snippetsOf('docs/guides/calling-providers.md').find(({ text: code }) => code.includes("from 'bullmq'"))!.text
  const replaced = [
    ["{ capacity: 500, per: '1m' }", "{ capacity: 2, per: '1s' }"],
    ["wait: '20s'", 'wait: 0'],
    ['https://api.example.com', `http://127.0.0.1:${(server.address() as AddressInfo).port}`],
    ["host: '127.0.0.1'", `host: '127.0.0.1', port: ${redis.port}`],
  ] as const
  const program = replaced.reduce((code, [from, to]) => {
    expect(code).toContain(from)
    return code.replace(from, to)
  }, worker)
  const { results, refused, attempts } = JSON.parse(await output('job-queue.ts', program + driver(redis.port)))
  expect(results).toEqual(Array.from({ length: jobs }, (_, i) => `summary of job ${i}`))
  expect(refused).toBeGreaterThan(0)
  expect(attempts).toEqual(Array.from({ length: jobs }, () => 1))
})
