/**
 * Keeps the quota fields of a guard in the head of a response of `node:http`. A proxy copies the fields of its upstream into the response,
 * and an upstream that limits its own callers has `RateLimit` as well. A mixture of both says nothing, so the fields of the guard stay.
 */
import type { HeaderLine } from '../headers/header-line.ts'

/** The part of `ServerResponse` that is used. */
export interface NodeHead {
  readonly headersSent: boolean
  writeHead(status: number, ...rest: readonly unknown[]): unknown
  getHeader(name: string): unknown
  setHeader(name: string, value: string): unknown
}

/**
 * A `writeHead` that keeps fields. A field that the application has removed stays removed.
 * @param writeHead - what it stands for
 * @param fieldsOf - the fields of a response, whose names no other middleware writes
 * @example
 * ```ts
 * response.writeHead = keepFields(response.writeHead, () => guard.quota(context))
 * ```
 */
export function keepFields<T extends NodeHead>(
  writeHead: T['writeHead'],
  fieldsOf: (response: T) => readonly HeaderLine[],
): T['writeHead'] {
  return function (this: T, status: number, ...rest: readonly unknown[]): unknown {
    const fields = this.headersSent ? none : fieldsOf(this)
    for (const [name, value] of fields) {
      const current = this.getHeader(name)
      if (current !== undefined && current !== value) this.setHeader(name, value)
    }
    if (fields.length === 0 || rest.length === 0) return writeHead.call(this, status, ...rest)
    return writeHead.call(this, status, ...rest.map((argument) => withoutFields(argument, fields)))
  }
}

const none: readonly HeaderLine[] = Object.freeze([])

/** Headers as `writeHead` takes them: a record, a list of pairs, or names and values in turn. A reason phrase stays as it is. */
function withoutFields(headers: unknown, fields: readonly HeaderLine[]): unknown {
  const isField = (name: unknown): boolean => fields.some(([own]) => own.toLowerCase() === String(name).toLowerCase())
  if (Array.isArray(headers)) {
    const list = headers as readonly unknown[]
    if (list.every(Array.isArray)) return list.filter(([name]) => !isField(name))
    return list.filter((_, at) => !isField(list[at - (at % 2)]))
  }
  if (typeof headers !== 'object' || headers === null) return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isField(name)))
}
