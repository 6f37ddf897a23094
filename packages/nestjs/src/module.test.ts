/** How an application puts the module together, and what it makes of refusals. */
import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Get, type HttpException, UseGuards } from '@nestjs/common'
import { memoryStore } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { Home, ip, perDay, platforms, serve, statuses } from '../test/serve.ts'
import { Cost } from './decorators.ts'
import { SluiceGuard } from './guard.ts'
import { SluiceModule } from './module.ts'
import type { NestLimit, NestRequest } from './options.ts'
import { RefusedException } from './refused.ts'

describe.each(platforms)('on %s', (platform) => {
  test('behind guards of the application, limits know the user', async () => {
    class Auth {
      canActivate(context: { switchToHttp(): { getRequest(): { user?: string; headers: Record<string, string> } } }) {
        const request = context.switchToHttp().getRequest()
        request.user = request.headers['x-user'] ?? 'none'
        return true
      }
    }
    @Controller()
    @UseGuards(Auth, SluiceGuard)
    class Mine {
      @Get() mine() {
        return 'mine'
      }
    }
    @Controller('others')
    class Others {
      @Get() free() {
        return 'free'
      }
    }
    const limits: NestLimit[] = [{ name: 'user', by: (request: NestRequest & { user: string }) => request.user, rule: perDay(1) }]
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits, global: false })], controllers: [Mine, Others] })
    expect(await statuses(2, served.url, { headers: { 'x-user': 'ada' } })).toEqual([200, 429])
    expect(await statuses(1, served.url, { headers: { 'x-user': 'bob' } })).toEqual([200])
    expect(await statuses(2, `${served.url}/others`)).toEqual([200, 200])
  })

  test('options are made of what the application provides; operators find the guard', async () => {
    const store = memoryStore()
    const imports = [
      SluiceModule.forRootAsync({
        inject: [SluiceModule],
        useFactory: async (found: unknown) => ({ store, limits: found instanceof SluiceModule ? [ip(1)] : [] }),
      }),
    ]
    await using served = await serve(platform, { imports, controllers: [Home] })
    expect(await statuses(2, served.url)).toEqual([200, 429])
    const { admin } = served.app.get(SluiceGuard)
    await admin.reset('ip', '127.0.0.1')
    expect(await statuses(2, served.url)).toEqual([200, 429])
  })
  test('a filter of the application answers in its place, with the header fields of the refusal', async () => {
    @Catch(RefusedException)
    class Polite implements ExceptionFilter<RefusedException> {
      catch({ refused }: RefusedException, host: ArgumentsHost) {
        const response = host.switchToHttp().getResponse()
        response.status(503)
        response.send({ later: refused?.outcome })
      }
    }
    const prepare = (app: { useGlobalFilters(filter: ExceptionFilter): unknown }) => void app.useGlobalFilters(new Polite())
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits: [ip(1)] })], controllers: [Home], prepare })
    await fetch(served.url)
    const refused = await fetch(served.url)
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
      503,
      expect.stringMatching(/^86\d{3}$/),
      { later: 'limited' },
    ])
  })

  test('one that only knows HttpException sees the status and the problem', async () => {
    @Catch()
    class All implements ExceptionFilter {
      catch(error: unknown, host: ArgumentsHost) {
        const known = error as HttpException
        host.switchToHttp().getResponse().status(known.getStatus()).send({ wrapped: known.getResponse() })
      }
    }
    const prepare = (app: { useGlobalFilters(filter: ExceptionFilter): unknown }) => void app.useGlobalFilters(new All())
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits: [ip(1)] })], controllers: [Home], prepare })
    await fetch(served.url)
    const refused = await fetch(served.url)
    expect([refused.status, await refused.json()]).toEqual([429, { wrapped: expect.objectContaining({ outcome: 'limited' }) }])
  })
})

describe('does not start with', () => {
  test.each([
    ['an unknown option', { limit: 3 }, 'SLUICE_OPTION_UNKNOWN'],
    ['a `global` that is no truth value', { global: 'no' }, 'SLUICE_OPTION_TYPE'],
    ['a `requestOf` that is no function', { requestOf: 3 }, 'SLUICE_OPTION_TYPE'],
  ])('%s', async (_, options, code) => {
    await expect((async () => serve('express', { imports: [SluiceModule.forRoot(options as never)] }))()).rejects.toMatchObject({ code })
  })

  test('a wrong limit of a handler, whose place the error names', async () => {
    @Controller()
    class Wrong {
      @Cost(20)
      @Get()
      wrong() {
        return ''
      }
    }
    const starting = serve('express', { imports: [SluiceModule.forRoot({ limits: [ip(10)] })], controllers: [Wrong] })
    await expect(starting).rejects.toThrow(/cost/i)
  })
})
