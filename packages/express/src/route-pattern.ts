/**
 * The pattern of a matched route, with those of the routers it stands in.
 *
 * Express tells the path that a router matched (`baseUrl`), which a client has chosen where the mount has parameters. So the patterns are
 * looked up where Express keeps them: in the layers on the way from the application to the route.
 */
import type { Request } from 'express'
import { applicationsAround, type Layer, layersOf, type RouteOfLayer } from './layers.ts'

/** The layers on the way to a route, that of the route last. */
type Way = readonly Layer[]

/** Ways from an application to its routes; a router that is mounted twice has two. */
const found = new WeakMap<object, readonly Way[]>()

/** Where in its router a layer is. */
const positions = new WeakMap<Layer, number>()

/** `/:tenant/items/:id` where the guard stands on the route; `null` where it runs before Express has chosen one. */
export function routePattern(request: Request): string | null {
  const { app } = request
  const route = request.route as RouteOfLayer | undefined
  if (route === undefined) return null
  const ways = app === undefined ? [] : waysTo(route, app)
  const way = ways.length > 1 ? (ways.find((one) => leadsTo(one, request.baseUrl)) ?? ways[0]!) : ways[0]
  const mounts = way?.slice(0, -1).map(patternOf) ?? []
  return [...mountsOf(app), ...mounts, String(route.path)].join('')
}

/** What the applications around are mounted at. */
function mountsOf(app: Request['app'] | undefined): readonly string[] {
  const mounts: string[] = []
  for (const { mountpath } of applicationsAround(app)) {
    if (mountpath !== undefined && mountpath !== '/') mounts.unshift(String(mountpath))
  }
  return mounts
}

function waysTo(route: RouteOfLayer, app: Request['app']): readonly Way[] {
  const known = found.get(route)
  if (known !== undefined) return known
  const ways = search(route, layersOf(app), [])
  if (ways.length > 0) found.set(route, ways)
  return ways
}

function search(route: RouteOfLayer, layers: readonly Layer[], way: Way): Way[] {
  return layers.flatMap((layer, at) => {
    positions.set(layer, at)
    if (layer.route === route) return [[...way, layer]]
    // A router within itself has no end.
    if (layer.route !== undefined || way.includes(layer)) return []
    return search(route, layersOf(layer.handle), [...way, layer])
  })
}

/** Whether the mounts of a way match the path that Express took off, from where the application itself begins. */
function leadsTo(way: Way, baseUrl: string): boolean {
  for (let from = 0; from !== -1; from = baseUrl.indexOf('/', from + 1)) {
    let rest: string | null = baseUrl.slice(from)
    for (const layer of way.slice(0, -1)) rest = rest === null ? null : restBehind(layer, rest)
    if (rest === '') return true
  }
  return false
}

/** What is left of a path behind a mount; `null` where it does not match. */
function restBehind(layer: Layer, path: string): string | null {
  if (isRoot(layer)) return path
  for (const match of layer.matchers ?? []) {
    const taken = match(path)
    if (taken !== false) return path.slice(taken.path.length)
  }
  const taken = layer.regexp?.exec(path)
  return taken == null ? null : path.slice(taken[0].replace(/\/$/, '').length)
}

function isRoot({ rawPath, regexp }: Layer): boolean {
  return rawPath === '/' || regexp?.fast_slash === true
}

/** The pattern of a mount, as it was written where Express keeps that. */
function patternOf(layer: Layer): string {
  if (isRoot(layer)) return ''
  if (layer.rawPath !== undefined) return String(layer.rawPath)
  if (layer.regexp?.fast_star === true) return '*'
  // Older routers of Express 5 keep no pattern. The position is the same in every process, and no client chooses it.
  return layer.regexp === undefined ? `/#${positions.get(layer)}` : readable(layer.regexp.source, layer.keys ?? [])
}

/** Express 4 keeps the expression that it made of a pattern: read back where that is simple, else the expression itself. */
function readable(source: string, keys: NonNullable<Layer['keys']>): string {
  const names = keys.map(({ name }) => `:${name}`)
  const text = source
    .replace(/^\^/, '')
    .replace(/\\\/\?\(\?=\\\/\|\$\)$/, '')
    .replace(
      /\(\?:(\\?\.)?\\?\/\(\[\^\\?\/\]\+\?\)\)|\(\?:\(\[\^\\?\/\]\+\?\)\)/g,
      (group) => `${group.includes('/(') ? '/' : ''}${names.shift()}`,
    )
    .replace(/\\([/.-])/g, '$1')
  return names.length === 0 && /^[\w\-./~:]*$/.test(text) ? text : source
}
