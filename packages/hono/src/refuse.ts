/** Answering a refused request. */

import type { MaybePromise } from '@sluice/core'
import { isPromise } from '@sluice/core/internal'
import { type Guard, type Refusal, withoutBody } from '@sluice/http'
import { ownRefusal } from '@sluice/http/fetch'
import type { Context, Env, Next } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import type { HonoSluice } from './options.ts'

/** @returns the response, or `null` where `onRefused` handed the request on */
export function refuse<E extends Env>(
  c: Context<E>,
  refusal: Refusal,
  guard: Guard<Context<E>>,
  onRefused: HonoSluice<E>['onRefused'],
  next: Next,
): MaybePromise<Response | null> {
  if (refusal.refused === null || onRefused === undefined) return ownWords(c, refusal)
  return answerOwn(c, refusal, guard, onRefused, next)
}

/** The answer of the application; ours where it returns nothing. */
async function answerOwn<E extends Env>(
  c: Context<E>,
  refusal: Refusal,
  guard: Guard<Context<E>>,
  onRefused: NonNullable<HonoSluice<E>['onRefused']>,
  next: Next,
): Promise<Response | null> {
  let handOn: () => void = () => undefined
  let isHandedOn = false
  const handedOn = new Promise<void>((resolve) => (handOn = resolve))
  const goOn: Next = () => {
    isHandedOn = true
    handOn()
    return next()
  }
  try {
    const answer: unknown = onRefused(c, refusal.refused!, goOn)
    // The time is that of `onRefused`, and not that of the handler behind it.
    const own = isPromise(answer) ? await guard.inTime<unknown>(Promise.race([answer, handedOn]), () => undefined) : answer
    if (isHandedOn) {
      await answer
      return null
    }
    return ownRefusal(refusal, own) ?? ownWords(c, refusal)
  } catch (error) {
    // An exception with a response is an answer as well: Hono adds these headers to it.
    if (!isHandedOn && typeof (error as { readonly getResponse?: unknown }).getResponse === 'function')
      for (const [name, value] of withoutBody(refusal)) c.header(name, value)
    throw error
  }
}

/** Made by the context where outer middleware has written headers, so that they stay. */
function ownWords(c: Context, refusal: Refusal): Response {
  const { headers, status } = refusal
  const body = c.req.method === 'HEAD' ? null : (refusal.body as string | Uint8Array<ArrayBuffer>)
  const record = Object.fromEntries(headers)
  // Headers in a plain record reach the socket under Node as they are; the context would make `Headers` of them, which takes longer.
  return hasNoHeaders(c) ? new Response(body, { status, headers: record }) : c.newResponse(body, status as StatusCode, record)
}

/** Whether no header of the response is there yet. */
function hasNoHeaders(c: Context): boolean {
  return c.newResponse(null).headers.keys().next().done === true
}
