/** The LLM proxy, in front of its fake provider, started as `pnpm example llm-proxy` starts it. */
import { expect, test } from 'vitest'
import { startExample } from '../../examples/demo/example.ts'

test('a user without budget is refused by name of the budget, and another one is served', { timeout: 90_000 }, async () => {
  const args = ['--conditions=@sluice/source', '--import', 'tsx', 'examples/run.ts', 'llm-proxy']
  await using server = await startExample('llm-proxy', {}, args)
  const ask = (user: string, tokens: number): Promise<Response> =>
    fetch(`${server.url}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user': user },
      body: JSON.stringify({ prompt: 'hello', max_tokens: tokens }),
    })
  const refused = await ask('ada', 2500)
  expect(refused.status).toBe(429)
  expect(await refused.json()).toMatchObject({ status: 429, code: 'SLUICE_EGRESS_BUDGET' })
  const served = await ask('bob', 10)
  expect(served.status).toBe(200)
  expect(await served.json()).toMatchObject({ usage: { completion_tokens: 7 } })
  expect(await (await fetch(`${server.url}/status`)).json()).toMatchObject({ waiting: 0, inFlight: 0 })
})
