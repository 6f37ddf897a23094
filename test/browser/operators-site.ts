/** A server of an operators' page that is made of a state, with its script and a stream that says the same again. */
import type { RequestListener } from 'node:http'
import type { LiveSeries, LiveState } from '@sluice/dashboard'
import { operatorsPage } from '../../packages/dashboard/src/operators/page.ts'
import { partsOf } from '../../packages/dashboard/src/operators/parts.ts'
import { operatorsScript } from '../../packages/dashboard/src/operators/script.generated.ts'
import { operatorsStates } from './operators-states.ts'

/** Fifteen minutes with a wave, a burst and a quiet end: the same each time. */
function seriesOf(state: LiveState): LiveSeries {
  const second = Math.floor(state.atMs / 1000)
  const at = (i: number): number => state.decisions * (0.8 + 0.2 * Math.sin(i / 60) + 0.05 * Math.sin(i * 7.3))
  const burst = (i: number): number => (i > 500 && i < 620 ? state.decisions * 0.35 * Math.sin(((i - 500) / 120) * Math.PI) : 0)
  const seconds = Array.from({ length: 900 }, (_, i) => i)
  return {
    second,
    admitted: seconds.map((i) => (i < 60 || state.decisions === 0 ? null : Math.round(at(i)))),
    refused: seconds.map((i) => (i < 60 || state.decisions === 0 ? null : Math.round(burst(i) + state.refused))),
  }
}

/** Answers the page of the state that the path names. */
export const answerState: RequestListener = (request, response) => {
  const url = new URL(request.url!, 'http://localhost')
  const state = operatorsStates[decodeURIComponent(url.pathname.slice(1)) as keyof typeof operatorsStates]
  if (state === undefined) return void response.writeHead(404).end()
  const parts = partsOf(state, [])
  const series = seriesOf(state)
  if (url.searchParams.has('asset')) return void response.setHeader('Content-Type', 'text/javascript').end(operatorsScript.text)
  if (url.searchParams.has('series')) return void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(series))
  if (url.searchParams.has('stream')) {
    response.setHeader('Content-Type', 'text/event-stream')
    return void response.write(`event: whole\ndata: ${JSON.stringify({ series, parts })}\n\n`)
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'; connect-src 'self'")
  response.end(operatorsPage({ parts, series, who: 'ann@example.com', hasPreview: true }, 'abc'))
}
