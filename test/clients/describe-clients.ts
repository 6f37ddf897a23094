/** Clients that we did not write, unmodified, against each example: refused once, they wait what they were told, and are served. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Example, startExample } from '../../examples/demo/example.ts'
import { clients } from './clients.ts'
import { startRecorder } from './recorder.ts'

/** Runs every client against one example. A file for each, so that their waits pass side by side. */
export function describeClients(name: string): void {
  let server: Example

  beforeAll(async () => {
    server = await startExample(name)
  }, 60_000)
  afterAll(() => server.stop())

  test.each(Object.entries(clients))('%s waits once and is served', { timeout: 30_000 }, async (_client, ask) => {
    await using recorder = await startRecorder(server.url)
    // Whoever came before may have spent it already: either way nothing is left for this second.
    await fetch(`${server.url}/export`)

    expect(await ask(recorder.url)).toEqual({ rows: 3 })

    const [refused, served, ...others] = recorder.answers
    expect([refused?.status, served?.status, others]).toEqual([429, 200, []])
    expect(refused?.retryAfter).toBe(1)
    expect(served!.askedAt - refused!.answeredAt).toBeLessThan(5000)
  })
}
