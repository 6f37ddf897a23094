import { Controller, Get, HttpException, Post, Req } from '@nestjs/common'
import { concurrency } from '@sluice/core'
import { failuresOnly } from '@sluice/http'
import { describe, expect, test } from 'vitest'
import { Home, ip, perDay, platforms, serve, statuses } from '../test/serve.ts'
import { Cost, Limit, SkipLimits } from './decorators.ts'
import { SluiceModule } from './module.ts'
import type { GuardedRequest, NestLimit } from './options.ts'

@Controller()
class Shop {
  @SkipLimits()
  @Get('health')
  health() {
    return 'up'
  }

  @Cost(5)
  @Get('search')
  search() {
    return 'found'
  }

  @Limit({ name: 'reports', by: (_request, http) => http.address, rule: perDay(2) })
  @Get('reports/:id')
  reports() {
    return 'report'
  }

  @Post('chat')
  @Cost(50)
  async chat(@Req() request: GuardedRequest) {
    await request.sluice.settle(3)
    return 'hello'
  }
}

@Controller('internal')
@SkipLimits()
class Internal {
  @Get() free() {
    return 'free'
  }

  @Limit({ name: 'own', rule: perDay(1) })
  @Get('own')
  own() {
    return 'own'
  }
}

describe.each(platforms)('on %s', (platform) => {
  test('of 15 requests 10 pass, and each says where the caller stands', async () => {
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits: [ip(10)] })], controllers: [Home] })
    const first = await fetch(served.url)
    expect(first.headers.get('ratelimit-policy')).toBe('"ip";q=10;w=86400')
    expect(first.headers.get('ratelimit')).toMatch(/^"ip";r=9;t=86\d\d$/)
    expect(await statuses(14, served.url)).toEqual([...Array(9).fill(200), ...Array(5).fill(429)])
    const refused = await fetch(served.url)
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': expect.stringMatching(/^86\d\d$/),
      'cache-control': 'no-store',
    })
    expect(refused.headers.get('content-type')).toMatch('application/problem+json')
    expect(await refused.json()).toMatchObject({ status: 429, outcome: 'limited', 'violated-policies': ['ip'] })
  })

  test('a page for browsers, a line for curl', async () => {
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits: [ip(0)] })], controllers: [Home] })
    const page = await fetch(served.url, { headers: { accept: 'text/html' } })
    expect([page.headers.get('content-type'), await page.text()]).toEqual([
      'text/html; charset=utf-8',
      expect.stringMatching(/^<!doctype html>/),
    ])
    const line = await fetch(served.url, { headers: { accept: '*/*', 'user-agent': 'curl/8' } })
    expect([line.headers.get('content-type'), await line.text()]).toEqual(['text/plain; charset=utf-8', expect.stringMatching(/\n$/)])
    const head = await fetch(served.url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([429, ''])
  })

  test('a handler has a cost, limits of its own, or none; so has a controller', async () => {
    await using served = await serve(platform, {
      imports: [SluiceModule.forRoot({ limits: [ip(100)] })],
      controllers: [Home, Shop, Internal],
    })
    const quota = async (path: string) => (await fetch(served.url + path)).headers.get('ratelimit')
    expect(await quota('/search')).toMatch(/^"ip";r=95;t=86\d$/)
    expect(await quota('/reports/1')).toMatch(/^"ip";r=94;t=\d+, "reports";r=1;t=43\d{3}$/)
    expect(await quota('/health')).toBe(null)
    expect(await statuses(3, `${served.url}/health`)).toEqual([200, 200, 200])
    expect(await quota('/internal')).toBe(null)
    expect(await quota('/internal/own')).toMatch(/^"own";r=0;t=86\d{3}$/)
    expect(await statuses(1, `${served.url}/internal/own`)).toEqual([429])
  })

  test('a refusal by a later limit charges no other', async () => {
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits: [ip(100)] })], controllers: [Home, Shop] })
    expect(await statuses(5, `${served.url}/reports/1`)).toEqual([200, 200, 429, 429, 429])
    expect((await fetch(served.url)).headers.get('ratelimit')).toMatch(/^"ip";r=97;/)
  })

  test('what a request has really used is settled by the handler', async () => {
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits: [ip(100)] })], controllers: [Home, Shop] })
    expect(await statuses(3, `${served.url}/chat`, { method: 'POST' })).toEqual([201, 201, 201])
    expect((await fetch(served.url)).headers.get('ratelimit')).toMatch(/^"ip";r=90;/)
  })

  test('failures alone are counted by the status that an exception brings', async () => {
    @Controller()
    class Login {
      @Post('login')
      @Limit({ name: 'account', by: () => 'ada', rule: perDay(2), settle: failuresOnly })
      login(@Req() request: { headers: Record<string, string> }) {
        if (request.headers['x-password'] !== 'sesame') throw new HttpException('no', 401)
        return 'welcome'
      }
    }
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({})], controllers: [Login] })
    const login = (password: string) => ({ method: 'POST', headers: { 'x-password': password } })
    expect(await statuses(4, `${served.url}/login`, login('sesame'))).toEqual([201, 201, 201, 201])
    expect(await statuses(3, `${served.url}/login`, login('guess'))).toEqual([401, 401, 429])
  })

  test('a slot is held until the response has ended', async () => {
    const gates: (() => void)[] = []
    @Controller()
    class Slow {
      @Get() slow() {
        return new Promise((resolve) => gates.push(() => resolve('done')))
      }
    }
    const limits: NestLimit[] = [{ name: 'slots', by: () => 'all', rule: concurrency({ capacity: 1 }) }]
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits })], controllers: [Slow] })
    const first = fetch(served.url)
    await expect.poll(() => gates.length).toBe(1)
    expect(await statuses(1, served.url)).toEqual([429])
    gates[0]!()
    expect((await first).status).toBe(200)
    const second = fetch(served.url)
    await expect.poll(() => gates.length).toBe(2)
    gates[1]!()
    expect((await second).status).toBe(200)
  })

  test('a fault is answered with its code and nothing else', async () => {
    const limits: NestLimit[] = [{ name: 'broken', by: () => Promise.reject(new Error('secret')), rule: perDay(1) }]
    await using served = await serve(platform, { imports: [SluiceModule.forRoot({ limits })], controllers: [Home] })
    const response = await fetch(served.url)
    expect([response.status, await response.json()]).toEqual([500, expect.objectContaining({ code: 'SLUICE_FUNCTION' })])
  })

  test('an address behind proxies is the one that `trust` says', async () => {
    const options = { limits: [ip(1)], trust: ['127.0.0.1/32'] }
    await using served = await serve(platform, { imports: [SluiceModule.forRoot(options)], controllers: [Home] })
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    expect(await statuses(2, served.url, from('203.0.113.1'))).toEqual([200, 429])
    expect(await statuses(1, served.url, from('203.0.113.2'))).toEqual([200])
  })
})
