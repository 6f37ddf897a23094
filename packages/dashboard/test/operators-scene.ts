/** An operators' page without a framework, over one limiter, and short words for what tests do with it. */
import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { onTestFinished } from 'vitest'
import { createLiveView } from '../src/live/live-view.ts'
import type { AuditEvent } from '../src/operators/audit.ts'
import { type OperatorsAnswer, type OperatorsPageOptions, operatorsPageEndpoint } from '../src/operators/endpoint.ts'
import type { Viewer } from '../src/operators/stream.ts'

/** A request of these tests: who sends it. */
export interface OwnRequest {
  readonly who: string | null
}

/** What a viewer got. */
export interface Seen extends Viewer {
  isBehind: boolean
  isGone: boolean
  readonly events: { readonly name: string; readonly data: Readonly<Record<string, unknown>> }[]
  hasEnded: boolean
}

export function seenViewer(): Seen {
  const decoder = new TextDecoder()
  const seen: Seen = {
    isBehind: false,
    isGone: false,
    events: [],
    hasEnded: false,
    send(bytes) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(decoder.decode(bytes))!
      seen.events.push({ name: name!, data: JSON.parse(data!) as Readonly<Record<string, unknown>> })
    },
    end() {
      seen.hasEnded = true
    },
  }
  return seen
}

/** Headers as the script of the page sends them. */
export function actionHeaders(action: object, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return { 'sec-fetch-site': 'same-origin', 'x-sluice-action': encodeURIComponent(JSON.stringify(action)), ...more }
}

/** A page of operators, whose `who` is their name. */
export function operatorsScene(options: Partial<OperatorsPageOptions<OwnRequest>> = {}) {
  const limiter = createLimiter<string>({
    limits: [{ name: 'per-user', by: (id) => id, rule: tokenBucket({ capacity: 3, per: '1h' }) }],
    store: memoryStore({ clock: manualClock() }),
  })
  const view = createLiveView({ limiters: [limiter] })
  onTestFinished(() => view.close())
  const audited: AuditEvent[] = []
  const answer = operatorsPageEndpoint<OwnRequest>({ view, authorize: ({ who }) => who, audit: (event) => audited.push(event), ...options })
  const ask = (
    method: string,
    url = '/',
    headers: Readonly<Record<string, string>> = {},
    who: string | null = 'ann',
  ): Promise<OperatorsAnswer> => answer({ request: { who }, method, url, header: (name) => headers[name] })
  return {
    limiter,
    view,
    audited,
    ask,
    act: (action: object, headers?: Readonly<Record<string, string>>) => ask('POST', '/', headers ?? actionHeaders(action)),
    async watch(who: string | null = 'ann') {
      const seen = seenViewer()
      const { stream } = await ask('GET', '/?stream', {}, who)
      return { seen, leave: stream!(seen) }
    },
  }
}
