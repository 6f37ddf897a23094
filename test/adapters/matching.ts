/** Which route answers, where no framework says so. */
import type { SiteRoute } from '@sluice/conformance/adapter'

/** Whether a route answers a request. A `GET` answers `HEAD` as well. */
export function answers({ method = 'GET', path }: SiteRoute, wanted: { readonly method: string; readonly path: string }): boolean {
  const methods = method === 'GET' ? ['GET', 'HEAD'] : [method]
  return methods.includes(wanted.method) && new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`).test(wanted.path)
}

/** Whether a route has nothing to do with the guards around it. */
export function standsApart({ sluice: own }: SiteRoute): boolean {
  return own === false || own?.inherit === false
}
