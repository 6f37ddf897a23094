import type { FastifyReply } from 'fastify'
import { expect, test, vi } from 'vitest'

test('two copies of the package follow the replies of one server without calling each other for ever', async () => {
  const one = await import('./keep-quota.ts')
  vi.resetModules()
  const other = await import('./keep-quota.ts')
  expect(one.followHijack).not.toBe(other.followHijack)
  const hijacked: unknown[] = []
  const prototype = { raw: { headersSent: false }, request: {}, hijack: () => hijacked.push('by Fastify') }
  for (let i = 0; i < 3; i++) {
    const reply = Object.create(prototype) as FastifyReply
    for (const { followHijack } of [one, other]) followHijack(reply)
    reply.hijack()
  }
  expect(hijacked).toHaveLength(3)
})
