import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokenBucket } from '@sluice/core'
import type { ResponseFacts } from '@sluice/http'
import { expect, onTestFinished, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { nodeSluice } from './middleware.ts'
import type { GuardedRequest, NodeGuard } from './options.ts'

const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 2, per: '1h' }) }]

test('a guard throttles a plain server', async () => {
  const guard = nodeSluice({ limits })
  const { url } = await serve((request, response) => guard(request, response, () => response.end('ok')))
  expect([(await fetch(url)).status, (await fetch(url)).status, (await fetch(url)).status]).toEqual([200, 200, 429])
})

test('a handler finds the decision on the request', async () => {
  const guard = nodeSluice({ limits })
  const { url } = await serve((request, response) =>
    guard(request, response, () => {
      const { decision, http } = (request as GuardedRequest).sluice
      response.end(JSON.stringify([decision?.outcome, http.route, http.address]))
    }),
  )
  expect(await (await fetch(url)).json()).toEqual(['allowed', null, '127.0.0.1'])
})

test('errors of the guard come as the argument of `next`', async () => {
  const guard = nodeSluice({
    limits: [
      {
        ...limits[0]!,
        by: () => {
          throw new Error('no key')
        },
      },
    ],
  })
  const { url } = await serve((request, response) =>
    guard(request, response, (error) => response.writeHead(error === undefined ? 200 : 500).end(String(error))),
  )
  const response = await fetch(url)
  expect(response.status).toBe(500)
  expect(await response.text()).toContain('SLUICE_FUNCTION')
})

test('`with` and `onRefused` are there as well', async () => {
  const guard = nodeSluice({ limits, onRefused: (_request, response) => response.end('slow down') })
  const dear = guard.with({ cost: 2 })
  const { url } = await serve((request, response) => guard(request, response, () => dear(request, response, () => response.end('ok'))))
  expect(await (await fetch(url)).text()).toBe('ok')
  expect(await (await fetch(url)).text()).toBe('slow down')
})

test('a Unix socket has no address, which is a fault of a limit by address', async () => {
  const guard = nodeSluice({ limits })
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  const socketPath = join(folder, 'socket')
  const server = createServer((request, response) => guard(request, response, (error) => response.end(String(error))))
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const text = await new Promise<string>((resolve) => {
    request({ socketPath, path: '/' }, (response) => response.setEncoding('utf8').once('data', resolve)).end()
  })
  expect(text).toContain('SLUICE_ADDRESS')
})

async function serveHttp2(guard: NodeGuard): Promise<ClientHttp2Session> {
  const server = createHttp2((request, response) => {
    const next = (): void => void (request.url === '/stays' ? response.write('beginning') : response.end('ok'))
    guard(request as never, response as never, next)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  return client
}

test('HTTP/2 is throttled, and the end of each stream is seen', async () => {
  const ends: ResponseFacts[] = []
  const guard = nodeSluice({
    limits: [
      {
        name: 'ip',
        rule: tokenBucket({ capacity: 3, per: '1h' }),
        settle: (response) => {
          ends.push(response)
          return 1
        },
      },
    ],
  })
  const client = await serveHttp2(guard)
  const ask = (path: string, method = 'GET'): Promise<unknown> =>
    new Promise((resolve) => {
      const stream = client.request({ ':path': path, ':method': method })
      stream.on('error', () => undefined)
      stream.once('response', (headers) => {
        if (path === '/stays') stream.once('data', () => stream.close(8))
        else stream.resume()
        stream.once('close', () => resolve(headers[':status']))
      })
      stream.end()
    })
  expect(await ask('/')).toBe(200)
  await expect.poll(() => ends).toMatchObject([{ status: 200, aborted: false }])
  expect(await ask('/stays')).toBe(200)
  await expect.poll(() => ends.slice(1)).toMatchObject([{ status: 200, aborted: true }])
  expect([await ask('/'), await ask('/'), await ask('/', 'HEAD')]).toEqual([200, 429, 429])
})
