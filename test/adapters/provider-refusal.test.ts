/** A handler that is refused a call to a provider: every adapter answers its caller with the status and the wait, and charges as usual. */
import Anthropic from '@anthropic-ai/sdk'
import { type AdapterUnderTest, quotaOf, type Site } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import { createProvider, EgressRefusal, fetchThrough, type RefusalFacts } from '@sluice/egress'
import express from 'express'
import express4 from 'express4'
import OpenAI from 'openai'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { SLUICE_EGRESS_WAIT } from '../../packages/egress/src/errors.ts'
import { expressUnderTest } from './express.ts'
import { fastify } from './fastify.ts'
import { fetchHandler } from './fetch.ts'
import { hono } from './hono.ts'
import { node } from './node.ts'

const adapters: Readonly<Record<string, AdapterUnderTest>> = {
  Fastify: fastify,
  Express: expressUnderTest(express),
  'Express 4': expressUnderTest(express4),
  Hono: hono,
  guardFetch: fetchHandler,
  'node:http': node,
}

const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1h' }) }]

const refusalOf = (facts: Partial<RefusalFacts> = {}): EgressRefusal =>
  new EgressRefusal(SLUICE_EGRESS_WAIT, { provider: 'name-of-the-provider', retryAfterMs: 2500, scope: 'provider', ...facts })

const wrapped = (cause: unknown): Error => new TypeError('fetch failed', { cause: new Error('of a library', { cause }) })

beforeEach(() => {
  // Hono prints the errors that no handler of the application takes.
  vi.spyOn(console, 'error').mockImplementation(() => {})
})

describe.each(Object.entries(adapters))('%s', (_name, adapter) => {
  /** Asks a route whose handler fails so. */
  async function replyTo(fail: () => unknown, { method = 'GET', onError }: { method?: string; onError?: Site['onError'] } = {}) {
    const handle = async (): Promise<never> => {
      throw await fail()
    }
    const site = await adapter.start({ guard: { limits }, routes: [{ path: '/', handle }], onError })
    onTestFinished(() => site.close())
    const response = await fetch(`http://127.0.0.1:${site.port}/`, { method })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  }

  test.each([
    ['the refusal itself', refusalOf()],
    ['an error that has it as a cause of its cause', wrapped(refusalOf())],
  ])('answers %s with 429, the wait and a problem document that names no provider', async (_what, error) => {
    const { status, headers, body } = await replyTo(() => error)
    expect([status, headers['retry-after'], headers['cache-control']]).toEqual([429, '3', 'no-store'])
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(body)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Quota Exceeded',
      status: 429,
      detail: 'Slow down - try again in 3 seconds.',
      outcome: 'limited',
      retry_after: 3,
      code: 'SLUICE_EGRESS_WAIT',
    })
    expect(quotaOf({ headers })).toMatchObject({ ip: { r: 9 } })
  })

  test('answers 503 where the refusal says so', async () => {
    const { status, headers, body } = await replyTo(() => wrapped(refusalOf({ status: 503 })))
    expect([status, headers['retry-after']]).toEqual([503, '3'])
    expect(JSON.parse(body)).toMatchObject({ title: 'Temporary Reduced Capacity', status: 503 })
  })

  test('names no wait where no wait helps, and sends no body to HEAD', async () => {
    const impossible = await replyTo(() => refusalOf({ retryAfterMs: null }))
    expect([impossible.status, impossible.headers['retry-after']]).toEqual([429, undefined])
    expect(JSON.parse(impossible.body)).toMatchObject({ outcome: 'impossible' })
    const head = await replyTo(() => refusalOf(), { method: 'HEAD' })
    expect([head.status, head.headers['retry-after'], head.body]).toEqual([429, '3', ''])
  })

  test.each([
    ['OpenAI', (fetch: typeof globalThis.fetch) => new OpenAI({ apiKey: 'key', baseURL: 'http://127.0.0.1:1/v1', fetch }).models.list()],
    ['Anthropic', (fetch: typeof globalThis.fetch) => new Anthropic({ apiKey: 'key', baseURL: 'http://127.0.0.1:1', fetch }).models.list()],
  ])('answers what the SDK of %s throws of a refused call', async (_sdk, call) => {
    const provider = createProvider({ name: 'llm', limits: { requests: { capacity: 1, per: '1h' } }, refusedStatus: 503 })
    await provider.acquire()
    const fetch = fetchThrough(provider, { origins: ['http://127.0.0.1:1'] })
    const { status, headers } = await replyTo(() =>
      call(fetch).then(
        () => new Error('was served'),
        (error: unknown) => error,
      ),
    )
    expect(status).toBe(503)
    expect(Number(headers['retry-after'])).toBeGreaterThan(3500)
  })

  test('leaves every other error to the framework', async () => {
    const circle = new Error('of the application')
    circle.cause = circle
    const { status, headers } = await replyTo(() => circle)
    expect([status, headers['retry-after']]).toEqual([500, undefined])
  })

  // guardFetch answers faults itself, and has no error handler of the application.
  test.each(adapter.answersFaults === true ? [] : ['an error handler of the application'])('lets %s answer first', async () => {
    const onError: Site['onError'] = (error) => ({ status: 418, body: (error as EgressRefusal).code })
    expect(await replyTo(() => refusalOf(), { onError })).toMatchObject({ status: 418, body: 'SLUICE_EGRESS_WAIT' })
  })
})
