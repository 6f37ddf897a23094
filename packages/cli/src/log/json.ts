/** Lines that are JSON objects. A variable is a member, and a dot leads into an object: `$request.remote_ip`. */
import type { LineReader } from './format.ts'

/** A reader of lines of JSON. @param wanted - names of variables, each without its `$` */
export function jsonReader(wanted: readonly string[]): LineReader {
  const paths = wanted.map((name) => name.split('.'))
  return (line) => {
    const value = parsed(line)
    if (typeof value !== 'object' || value === null) return undefined
    return wanted.map((name, i) => textAt(value, name, paths[i]!))
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function textAt(value: object, name: string, path: readonly string[]): string | undefined {
  let at: unknown = (value as Readonly<Record<string, unknown>>)[name]
  if (at === undefined && path.length > 1) {
    at = value
    for (const step of path)
      at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Readonly<Record<string, unknown>>)[step] : undefined
  }
  if (typeof at === 'string') return at
  return typeof at === 'number' || typeof at === 'boolean' ? String(at) : undefined
}
