/** @nestjs/throttler and `@sluice/nestjs`, row by row. */
import 'reflect-metadata'
import type { Server } from 'node:http'
import { Controller, type DynamicModule, type ExecutionContext, Get, Module, type Type } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import { SkipThrottle, Throttle, ThrottlerGuard, ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler'
import { fixedWindow, type Rule } from '@sluice/core'
import { Limit, type NestLimit, type NestRequest, type NestSluice, SkipLimits, SluiceModule } from '@sluice/nestjs'
import { asUsers, type Comparison, type Comparisons, from, overTwoWindows } from '../comparison.ts'

const perHour = (capacity: number): Rule => fixedWindow({ capacity, per: '1h', align: 'first' })
/** As the throttler counts: each handler has a budget of its own. */
const perHandler: NestLimit['by'] = (_request, http) => [http.address, http.route ?? '']
const everyone: NestLimit = { name: 'default', by: perHandler, rule: perHour(2) }

@Controller()
class Site {
  @Get() home() {
    return 'ok'
  }

  @Get('other')
  other() {
    return 'other'
  }

  @Get('free')
  @SkipThrottle()
  @SkipLimits()
  free() {
    return 'free'
  }

  @Get('strict')
  @Throttle({ default: { limit: 1, ttl: 3_600_000 } })
  @SkipLimits()
  @Limit({ name: 'strict', rule: perHour(1) })
  strict() {
    return 'strict'
  }
}

async function siteOf(imports: (DynamicModule | Type)[], providers: object[] = []): Promise<Server> {
  class AppModule {}
  Module({ imports, controllers: [Site], providers: providers as never })(AppModule)
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false })
  app.getHttpAdapter().getInstance().set('trust proxy', 'loopback')
  await app.init()
  return app.getHttpServer() as Server
}

type Throttlers = Exclude<ThrottlerModuleOptions, readonly unknown[]>

function compare(theirs: Partial<Throttlers>, ours: NestSluice, see: Comparison['see'], seen: unknown): Comparison {
  const throttlers = theirs.throttlers ?? [{ ttl: 3_600_000, limit: 2 }]
  return {
    theirs: () => siteOf([ThrottlerModule.forRoot({ ...theirs, throttlers })], [{ provide: APP_GUARD, useClass: ThrottlerGuard }]),
    ours: () => siteOf([SluiceModule.forRoot(ours)]),
    see,
    seen,
  }
}

const userOf = (request: NestRequest): string => String(request.headers['x-user'] ?? 'none')

export const comparisonsWithNestjsThrottler: Comparisons = {
  '`ttl`, `limit`': compare(
    { throttlers: [{ ttl: 2000, limit: 2 }] },
    { limits: [{ ...everyone, rule: fixedWindow({ capacity: 2, per: '2s', align: 'first' }) }] },
    overTwoWindows,
    [[200, 200], 429, [200, 200, 429]],
  ),

  'a budget for each handler': compare(
    {},
    { limits: [everyone] },
    ({ statuses }) => statuses('/', '/', '/', '/other', '/other', '/other'),
    [200, 200, 429, 200, 200, 429],
  ),

  '`limit` as a function': compare(
    { throttlers: [{ ttl: 3_600_000, limit: (context: ExecutionContext) => (context.getHandler().name === 'other' ? 3 : 1) }] },
    { limits: [{ ...everyone, rule: (_request, http) => perHour(http.route === '/other' ? 3 : 1) }] },
    ({ statuses }) => statuses('/', '/', '/other', '/other', '/other', '/other'),
    [200, 429, 200, 200, 200, 429],
  ),

  '`getTracker`': compare(
    { getTracker: (request) => String(request.headers['x-user']) },
    { limits: [{ ...everyone, by: userOf }] },
    asUsers('ada', 'ada', 'ada', 'bob'),
    [200, 200, 429, 200],
  ),

  'no `getTracker`': compare(
    {},
    { limits: [everyone] },
    async ({ ask }) => {
      const statuses: number[] = []
      for (const client of ['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.2'])
        statuses.push((await ask('/', from(client))).status)
      return statuses
    },
    [200, 200, 429, 200],
  ),

  '`skipIf`': compare(
    { skipIf: (context) => context.getHandler().name === 'other' },
    { limits: [everyone], when: (_request, http) => http.route !== '/other' },
    ({ statuses }) => statuses('/other', '/other', '/other', '/', '/', '/'),
    [200, 200, 200, 200, 200, 429],
  ),

  '`@SkipThrottle()`': compare({}, { limits: [everyone] }, ({ statuses }) => statuses('/free', '/free', '/free'), [200, 200, 200]),

  '`@Throttle()`': compare(
    {},
    { limits: [everyone] },
    ({ statuses }) => statuses('/strict', '/strict', '/', '/', '/'),
    [200, 429, 200, 200, 429],
  ),

  'several throttlers': compare(
    {
      throttlers: [
        { name: 'short', ttl: 3_600_000, limit: 1 },
        { name: 'long', ttl: 7_200_000, limit: 3 },
      ],
    },
    {
      limits: [
        { ...everyone, name: 'short', rule: perHour(1) },
        { ...everyone, name: 'long', rule: perHour(3) },
      ],
    },
    ({ statuses }) => statuses('/', '/'),
    [200, 429],
  ),

  '`setHeaders`': compare(
    {},
    { limits: [everyone], headers: ['x-ratelimit-delta'] },
    async ({ ask }) => {
      const { header } = await ask()
      return [header('X-RateLimit-Limit'), header('X-RateLimit-Remaining'), header('X-RateLimit-Reset')]
    },
    ['2', '1', '3600'],
  ),
}
