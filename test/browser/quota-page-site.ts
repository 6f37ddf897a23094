/** Servers of the quota page: one of each adapter, and one of a page that is made of a document. */
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Limiter } from '@sluice/core'
import type { QuotaPageOptions } from '@sluice/dashboard'
import * as onExpress from '@sluice/dashboard/express'
import * as onFastify from '@sluice/dashboard/fastify'
import * as onFetch from '@sluice/dashboard/fetch'
import * as onHono from '@sluice/dashboard/hono'
import * as onNode from '@sluice/dashboard/node'
import type { QuotaDocument } from '@sluice/http'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import { quotaPage } from '../../packages/dashboard/src/page/quota-page.ts'
import { type Translations, voices } from '../../packages/dashboard/src/voice.ts'
import { listening } from '../listening.ts'

/** A page of one limiter. `identify` gets the header `x-key`. */
export interface SiteOptions extends Pick<QuotaPageOptions<unknown, string>, 'describe' | 'id' | 'labels' | 'texts'> {
  readonly limiter: Limiter<string>
  readonly identify: (key: string | null) => string | null
}

/** Serves the page at `/quota`. @returns its port */
export type ServePage = (options: SiteOptions) => Promise<number>

const keyOf = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): string | null =>
  typeof headers['x-key'] === 'string' ? headers['x-key'] : null

export const pageAdapters: Readonly<Record<string, ServePage>> = {
  Fastify: async ({ identify, ...rest }) => {
    const app = Fastify()
    app.all('/quota', onFastify.quotaPage({ ...rest, identify: (request) => identify(keyOf(request)) }))
    onTestFinished(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
  'Express 5': ({ identify, ...rest }) =>
    listening(express().all('/quota', onExpress.quotaPage({ ...rest, identify: (request) => identify(keyOf(request)) }))),
  'Express 4': ({ identify, ...rest }) =>
    listening(express4().all('/quota', onExpress.quotaPage({ ...rest, identify: (request) => identify(keyOf(request)) }))),
  'node:http': ({ identify, ...rest }) => listening(onNode.quotaPage({ ...rest, identify: (request) => identify(keyOf(request)) })),
  Hono: ({ identify, ...rest }) => {
    const page = onHono.quotaPage({ ...rest, identify: (c) => identify(c.req.header('x-key') ?? null) })
    return listening(getRequestListener(new Hono().all('/quota', page).fetch))
  },
  fetch: ({ identify, ...rest }) =>
    listening(getRequestListener(onFetch.quotaPage({ ...rest, identify: (request) => identify(request.headers.get('x-key')) }))),
}

/** @returns the address of the page */
export async function servePage(serve: ServePage, options: SiteOptions): Promise<string> {
  return `http://127.0.0.1:${await serve(options)}/quota`
}

/** How a document is shown. */
interface DocumentOptions {
  readonly texts?: Translations
  readonly language?: string
}

/** Serves a page that is made of this document, under a policy like that of the real one. @returns its address */
export async function serveDocument(document: QuotaDocument, { texts, language }: DocumentOptions = {}): Promise<string> {
  const facts = { document, isServed: true, ageMs: 0, account: 'Acme', plan: 'Plus', labels: {}, voice: voices(texts)(language) }
  const port = await listening((_request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'; connect-src 'self'")
    response.end(quotaPage(facts, 'abc'))
  })
  return `http://127.0.0.1:${port}/`
}
