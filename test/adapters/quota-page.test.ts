/** The quota page by the limits of an application, where it stands in the framework's own way: Fastify, and NestJS. */
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { tokenBucket } from '@sluice/core'
import { quotaPageEndpoint } from '@sluice/dashboard'
import { quotaPage } from '@sluice/dashboard/fastify'
import { quota, sluice } from '@sluice/fastify'
import { quotaController, SluiceModule } from '@sluice/nestjs'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'

const rule = tokenBucket({ capacity: 7, per: '1d' })
const limits = [{ name: 'ip', rule }]
const off = { config: { sluice: false } } as const

describe('on Fastify', () => {
  test('the page and the data are those of the plugin, also where it is registered after their routes', async () => {
    const app = Fastify()
    app.get('/page', off, quotaPage({ labels: { ip: { title: 'Your address' } } }))
    app.register(sluice, { limits })
    app.get('/', async () => 'hello')
    await app.inject('/')
    const page = await app.inject('/page')
    expect([page.statusCode, page.body]).toEqual([200, expect.stringContaining('You can make 6 more requests now.')])
    expect(page.body).toContain('Your address')
  })

  test('`app.sluice` names the guard, with the limits of further registrations', async () => {
    const app = Fastify()
    await app.register(sluice, { limits })
    app.register(async (inner) => {
      inner.get('/page', off, quotaPage({ guard: app.sluice }))
      inner.get('/quota', off, quota({ guard: app.sluice }))
    })
    expect((await app.inject('/page')).body).toContain('Nothing is used yet. You can make 7 requests now.')
    expect((await app.inject('/quota')).json()).toMatchObject({ limits: [{ name: 'ip', remaining: 7 }] })
  })

  test('a page without a plugin around it, and one with a wrong option, are errors', async () => {
    const app = Fastify()
    app.get('/page', quotaPage())
    expect((await app.inject('/page')).json()).toMatchObject({ statusCode: 500, code: 'SLUICE_OPTION_TYPE' })
    expect(() => quotaPage({ label: {} } as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_UNKNOWN' }))
  })
})

test('on NestJS the page is a controller', async () => {
  class AppModule {}
  Module({
    imports: [SluiceModule.forRoot({ limits })],
    controllers: [
      quotaController('quota', { page: (source) => quotaPageEndpoint({ ...source, labels: { ip: { title: 'Your address' } } }) }),
    ],
  })(AppModule)
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false })
  onTestFinished(() => app.close())
  await app.listen(0, '127.0.0.1')
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo
  const page = await fetch(`http://127.0.0.1:${port}/quota`)
  const text = await page.text()
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(text).toContain('Nothing is used yet. You can make 7 requests now.')
  expect(text).toContain('Your address')
})
