/** How requests of Express and of `node:http` are read. */
import type { IncomingMessage } from 'node:http'
import { type Adapter, isCorsAnswer, neverHasAddress, type ServerSocket, trustedByExpress } from '@sluice/http'
import type { Request } from 'express'
import { routePattern } from './route-pattern.ts'

/** What the guard must know of `node:http`. */
export const nodeAdapter: Adapter<IncomingMessage> = {
  options: ['onRefused'],
  split: false,
  method: (request) => request.method ?? 'GET',
  route: () => null,
  remoteAddress: (request) => request.socket.remoteAddress,
  isUnix: (request) => neverHasAddress(request.socket as ServerSocket),
  vouchedFor: () => [],
  header(request, name) {
    const value = request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  },
  // What follows a guard is a function, whether CORS or a handler: only the answer tells.
  handled: (_request, response) => !isCorsAnswer(response),
  uploadOf: (request) => request,
}

/** What the guard must know of Express. It is made before the application is known, so that every request is asked for its own. */
export function expressAdapter(): Adapter<Request> {
  // A route that matched is the application's. Without one, the answer tells CORS from a handler of `app.use`.
  const handled: Adapter<Request>['handled'] = (request, response) => request.route !== undefined || !isCorsAnswer(response)
  return { ...(nodeAdapter as Adapter<Request>), route: routePattern, vouchedFor: trustedByExpress(), handled }
}
