/** The route of a request, as far as its path tells: without the query, and with `:id` for what names one thing. */

import { ownTexts } from './own-text.ts'

const id = /\/(?:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[^/]*\d)[0-9a-zA-Z_-]{16,})(?=\/|$)/g

/** A reader of routes: `GET /orders/17?page=2` is `GET /orders/:id`. */
export function routeReader(): (method: string, target: string) => string {
  const own = ownTexts()
  return (method, target) => {
    const query = target.indexOf('?')
    const path = query < 0 ? target : target.slice(0, query)
    const route = path.slice(0, 200).replace(id, '/:id')
    return own(`${method} ${route}`)
  }
}
