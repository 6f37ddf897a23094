import { createLimiter } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { Home, ip, perDay, platforms, serve, statuses } from '../test/serve.ts'
import { SluiceModule } from './module.ts'
import { quotaController } from './quota.ts'

describe.each(platforms)('on %s', (platform) => {
  test('a caller sees the quota of its address, and is charged nothing', async () => {
    const imports = [SluiceModule.forRoot({ limits: [ip(3)] })]
    await using served = await serve(platform, { imports, controllers: [Home, quotaController('quota')] })
    expect(await statuses(2, served.url)).toEqual([200, 200])
    const answer = await fetch(`${served.url}/quota`)
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('content-type')]).toEqual([
      200,
      'no-store',
      expect.stringMatching(/^application\/json/),
    ])
    expect(await answer.json()).toMatchObject({ version: 1, limits: [{ name: 'ip', capacity: 3, used: 2, remaining: 1 }] })
    expect(await statuses(2, served.url)).toEqual([200, 429])
    const head = await fetch(`${served.url}/quota`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await fetch(`${served.url}/quota`, { method: 'POST' })).status).toBe(405)
  })

  test('a limiter of the application is read by who asks, and a page may stand in place of the data', async () => {
    const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (user) => user, rule: perDay(5) }] })
    limiter.consume('ann')
    const identify = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) =>
      (headers['x-user'] as string | undefined) ?? null
    const page = quotaController('page', {
      limiter,
      identify,
      page: (source) => {
        expect(source).toEqual({ limiter, identify })
        return async ({ method, acceptLanguage }) => ({
          status: 200,
          headers: [['Content-Type', 'text/html']],
          body: `${method} ${acceptLanguage}`,
        })
      },
    })
    const controllers = [quotaController('quota', { limiter, identify }), page]
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits: [ip(100)] })], controllers })
    const own = await fetch(`${served.url}/quota`, { headers: { 'x-user': 'ann' } })
    expect(await own.json()).toMatchObject({ limits: [{ name: 'user', used: 1 }] })
    expect((await fetch(`${served.url}/quota`)).status).toBe(404)
    const paged = await fetch(`${served.url}/page`, { headers: { 'accept-language': 'ko' } })
    expect([paged.headers.get('content-type')?.slice(0, 9), await paged.text()]).toEqual(['text/html', 'GET ko'])
  })

  test('an address on the deny list has none, and a wrong option ends the start', async () => {
    const controllers = [quotaController('quota')]
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ denyList: ['127.0.0.0/8'] })], controllers })
    expect((await fetch(`${served.url}/quota`)).status).toBe(403)
    const wrong = { imports: [SluiceModule.forRoot({ limits: [ip(1)] })], controllers: [quotaController('quota', { queue: 5 as never })] }
    await expect(serve(platform, wrong)).rejects.toMatchObject({ code: 'SLUICE_OPTION_TYPE' })
  })
})
