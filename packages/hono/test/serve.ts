/** Real servers for the tests of this package. */
import { request as openRequest, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type HttpBindings, serve as serveOnNode } from '@hono/node-server'
import { onTestFinished } from 'vitest'

/** A server that listens until its test is finished. */
export interface Served {
  readonly url: string
  /** A bare connection to it. */
  connect(): Promise<Socket>
  /** A `fetch` whose connection is closed in the middle of the response, or before it when `early`. */
  hangUp(path: string, early?: boolean): Promise<void>
}

/** Serves a handler of the web standard by `@hono/node-server`. @param bare - keep from it what Node knows, as on other runtimes */
export async function serve(
  app: { readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response> },
  { bare = false }: { readonly bare?: boolean } = {},
): Promise<Served> {
  const fetch = bare ? (request: Request) => app.fetch(request, {} as HttpBindings) : app.fetch
  const server = await new Promise<Server>((resolve) => {
    const listening = serveOnNode({ fetch: fetch as never, hostname: '127.0.0.1', port: 0 }, () => resolve(listening as Server))
  })
  const { port } = server.address() as AddressInfo
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return {
    url: `http://127.0.0.1:${port}`,
    connect: () =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(socket))
        socket.on('error', () => undefined)
      }),
    hangUp: (path, early = false) =>
      new Promise((resolve) => {
        const request = openRequest({ host: '127.0.0.1', port, path }, (response) => {
          response.on('error', () => undefined)
          response.once('data', () => request.destroy())
        })
        request.on('error', () => undefined)
        request.on('close', () => resolve())
        request.end()
        if (early) setTimeout(() => request.destroy(), 50)
      }),
  }
}
