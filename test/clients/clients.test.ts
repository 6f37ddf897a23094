/** Clients that we did not write, unmodified, against each example: refused once, they wait what they were told, and are served. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Example, startExample } from '../../examples/demo/example.ts'
import { type Client, clients } from './clients.ts'
import { type Answer, startRecorder } from './recorder.ts'
import { turnstile } from './turnstile.ts'

const examples = ['fastify', 'express', 'hono'] as const
/** All examples for one client before the next client, so that the waits at different servers pass side by side. */
const visits = Object.entries(clients).flatMap(([client, ask]) => examples.map((example) => [client, example, ask] as const))
const turns = new Map(examples.map((example) => [example, turnstile()]))
const servers = new Map<string, Example>()

beforeAll(async () => {
  await Promise.all(examples.map(async (example) => servers.set(example, await startExample(example))))
}, 90_000)
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()))
})

/** Sends a client where nothing is left for this second, and answers what it met. */
async function visit(server: Example, ask: Client): Promise<readonly Answer[]> {
  for (;;) {
    await using recorder = await startRecorder(server.url)
    const spentAt = performance.now()
    // An earlier test may have spent it already. Nothing is left either way.
    const { headers } = await fetch(`${server.url}/export`)
    const nothingForMs = Number(headers.get('retry-after-ms') ?? 1000)
    expect(await ask(recorder.url)).toEqual({ rows: 3 })
    // On a busy machine there may be something again when the client comes.
    if (recorder.answers[0]!.answeredAt - spentAt < nothingForMs) return recorder.answers
  }
}

test.concurrent.each(visits)('%s waits once and is served by %s', { timeout: 60_000 }, async (_client, example, ask) => {
  const [refused, served, ...others] = await turns.get(example)!(() => visit(servers.get(example)!, ask))
  expect([refused?.status, served?.status, others]).toEqual([429, 200, []])
  expect(refused?.retryAfter).toBe(1)
  expect(served!.sentAt - refused!.answeredAt).toBeLessThan(5000)
})
