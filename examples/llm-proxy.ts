/** A proxy in front of a rate-limited LLM provider, with a budget per user: `pnpm example llm-proxy`. */
import { createLimiter, tokenBucket } from '@sluice/core'
import { createProvider, fetchThrough, withCallContext } from '@sluice/egress'
import { sluice } from '@sluice/fastify'
import Fastify from 'fastify'

interface Chat {
  prompt: string
  max_tokens: number
}

// Without PROVIDER_URL it starts a fake provider that allows 60 requests in 6 seconds and refuses more.
const { PROVIDER_URL } = process.env
const url = PROVIDER_URL ?? (await (await import('./demo/fake-llm.ts')).startFakeLlm()).url

/** 2,000 tokens a minute for each user. */
const budgets = createLimiter<string>({
  limits: [{ name: 'user-tokens', by: (user) => user, rule: tokenBucket({ capacity: 2000, per: '1m' }) }],
})

const provider = createProvider({
  name: 'llm',
  limits: { requests: { capacity: 60, per: '6s' }, tokens: { capacity: 12_000, per: '6s' } },
  queue: { wait: '1s' },
  budget: { limiter: budgets, cost: ({ tokens = 0 }) => ({ 'user-tokens': tokens }) },
})
const fetchLlm = fetchThrough(provider, { origins: [url], onRefused: 'throw' })

const app = Fastify()

// No more than 200 requests a second for each address. It also answers refusals of the provider with 429 and Retry-After.
app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: 200, per: '1s' }) }] })

app.post<{ Body: Chat }>('/chat', async (request) => {
  const caller = String(request.headers['x-user'] ?? request.ip)
  const response = await withCallContext({ caller }, () =>
    fetchLlm(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(request.body) }),
  )
  return response.json()
})

app.get('/status', async () => provider.snapshot())

console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000) })}`)
