/** An application that was born before this package was loaded, as `require` makes them. */
import { channel } from 'node:diagnostics_channel'
import { quotaOf } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, test, vi } from 'vitest'
import type { FastifySluice } from './options.ts'
import { sluice } from './plugin.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const limits = [
  { name: 'ip', rule },
  { name: 'user', by: () => 'u1', rule },
]
const ok = async (): Promise<string> => 'ok'

/** The plugin learns of an application on this channel. Before it is loaded, it cannot. */
const births = channel('fastify.initialization')

function bornUnseen(): FastifyInstance {
  const silent = vi.spyOn(births, 'publish').mockReturnValue()
  try {
    return Fastify()
  } finally {
    expect(silent).toHaveBeenCalledOnce()
    silent.mockRestore()
  }
}

function guarded(options: FastifySluice = { limits }): FastifyInstance {
  const app = bornUnseen()
  app.get('/before', ok)
  app.register(async (child) => void child.get('/child', ok))
  app.register(sluice, options)
  return app
}

describe('an application that was born before the import', () => {
  test('is guarded all the same, once a request', async () => {
    const app = guarded()
    app.get('/after', ok)
    for (const [i, url] of ['/before', '/child', '/after', '/nowhere'].entries())
      expect(quotaOf(await app.inject(url)), url).toMatchObject({ ip: { r: 9 - i }, user: { r: 9 - i } })
  })

  test('finds wrong options of its routes at the start, where they come after the plugin has loaded', async () => {
    const app = guarded()
    app.register(async (child) => void child.get('/late', { config: { sluice: { bogus: 1 } as never } }, ok))
    await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_ROUTE', facts: { url: '/late' } })
  })

  test('finds those of earlier routes at their first request, and lets nothing through', async () => {
    const app = guarded()
    app.get('/early', { config: { sluice: { bogus: 1 } as never } }, ok)
    const reply = await app.inject('/early')
    expect(reply.statusCode).toBe(500)
    expect(reply.json()).toMatchObject({ code: 'SLUICE_OPTION_UNKNOWN' })
    expect(reply.body).not.toContain('bogus')
  })
})
