import { tokenBucket } from '@sluice/core'
import express5, { type RequestHandler } from 'express'
import express4 from 'express4'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

describe.each([
  ['Express 5', express5, '/opt{/:o}'],
  ['Express 4', express4, '/opt/:o?'],
])('the route under %s', (_version, express, optional) => {
  const seen: (string | null)[] = []
  const by = (_request: unknown, http: { readonly route: string | null }): string => {
    seen.push(http.route)
    return 'all'
  }
  const guard = sluice({ limits: [{ name: 'route', by, rule: tokenBucket({ capacity: 999, per: '1h' }) }] })
  const ok: RequestHandler = (_request, response) => void response.send('ok')
  const items = (options?: { mergeParams: boolean }) => express.Router(options).get('/x/:id', guard, ok)

  const app = express()
  app.use('/static', items())
  app.use('/:tenant/a', items({ mergeParams: true }))
  app.use(/^\/re(\d+)/, items())
  app.use(['/one', '/two/:z'], items())
  app.use(optional, items())
  const shared = items()
  app.use('/s1/:q', shared)
  app.use('/s2/:w', shared)
  app.use('/out/:a', express.Router().use('/in/:b', items()))
  app.use('/sub/:e', express().use('/deep/:d', items()))
  app.get('/top/:t', guard, ok)
  app.get(/^\/regex(.*)/, guard, ok)
  app.use('/all', guard, ok)

  async function routeOf(path: string): Promise<string | null> {
    seen.length = 0
    const { url } = await serve(app)
    expect((await fetch(url + path)).status).toBe(200)
    return seen[0]!
  }

  test.each([
    ['/STATIC/x/1', '/static/x/:id'],
    ['/acme/a/x/1', '/:tenant/a/x/:id'],
    ['/s1/mine/x/1', '/s1/:q/x/:id'],
    ['/s2/yours/x/1', '/s2/:w/x/:id'],
    ['/out/1/in/2/x/3', '/out/:a/in/:b/x/:id'],
    ['/sub/4/deep/5/x/6', '/sub/:e/deep/:d/x/:id'],
    ['/top/1', '/top/:t'],
    ['/all/what/ever', null],
  ])('of %s is %s', async (path, route) => {
    expect(await routeOf(path)).toBe(route)
  })

  test.each([
    ['/re4711/x/1', '/re4712/x/2', /re\(\\d\+\)/],
    ['/two/4711/x/1', '/two/4712/x/2', /two.*\/x\/:id$/],
    ['/opt/4711/x/1', '/opt/4712/x/2', /opt.*\/x\/:id$/],
    ['/regex4711', '/regex4712', /regex\(\.\*\)/],
  ])('of %s is that of %s, whatever the mount is made of', async (path, another, like) => {
    const route = await routeOf(path)
    expect(route).toMatch(like)
    expect(route).not.toContain('4711')
    expect(await routeOf(another)).toBe(route)
  })
})

test('a mount is told by its position where a router keeps no pattern', async () => {
  const seen: (string | null)[] = []
  const by = (_request: unknown, http: { readonly route: string | null }): string => String(seen.push(http.route))
  const guard = sluice({ limits: [{ name: 'route', by, rule: tokenBucket({ capacity: 9, per: '1h' }) }] })
  const old = express5()
  old.use(
    '/:tenant',
    express5.Router().get('/x/:id', guard, (_request, response) => void response.send('ok')),
  )
  const [mount] = (old as unknown as { router: { stack: { rawPath?: unknown }[] } }).router.stack
  delete mount!.rawPath
  const { url } = await serve(old)
  await fetch(`${url}/acme/x/1`)
  expect(seen).toEqual(['/#0/x/:id'])
})
