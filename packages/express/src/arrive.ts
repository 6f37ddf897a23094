/** What a guard does when a request arrives: its quota fields are kept in the head of the response, and refusals of providers are answered. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type HeaderLine, keepFields } from '@sluice/http'
import type { Request } from 'express'
import { followErrors } from './fault.ts'
import { applicationsAround } from './layers.ts'

type FieldsOf = (response: ServerResponse) => readonly HeaderLine[]

const prepared = new WeakSet<object>()

/**
 * Express gives each response the prototype of its application, where applications may put methods. So `writeHead` is replaced once, with the
 * first request, and a request pays nothing.
 */
export function prepareApplication(fieldsOf: FieldsOf): (request: Request) => void {
  return ({ app }) => {
    if (app === undefined || prepared.has(app)) return
    prepared.add(app)
    const outermost = [...applicationsAround(app)].at(-1)!
    followErrors(outermost)
    if (app !== outermost && prepared.has(outermost)) return
    prepared.add(outermost)
    const { response } = outermost as unknown as { readonly response: ServerResponse }
    response.writeHead = keepFields(response.writeHead, fieldsOf) as typeof response.writeHead
  }
}

/** Without a framework each response gets a `writeHead` of its own. Nearly all have the same one before. */
export function prepareResponse(fieldsOf: FieldsOf): (request: IncomingMessage & { sluice?: unknown }, response: ServerResponse) => void {
  let before: unknown
  let keeping: unknown
  return (request, response) => {
    // Another guard has been here.
    if (request.sluice !== undefined) return
    if (response.writeHead !== before) {
      before = response.writeHead
      keeping = keepFields<ServerResponse>(response.writeHead, fieldsOf)
    }
    response.writeHead = keeping as typeof response.writeHead
  }
}
