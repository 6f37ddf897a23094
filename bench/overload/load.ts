/** Load on one server. */
import { Agent, get } from 'node:http'

/** How one request ended. */
interface Reply {
  /** `null` where the client has given up. */
  readonly status: number | null
  /** From when it was due, so that a client that is late itself hides nothing. */
  readonly latencyMs: number
  readonly endedAt: number
}

/** For how long there is load, and from when on it counts. */
export interface Span {
  readonly leadSeconds: number
  readonly seconds: number
}

/** What a load has shown. */
export interface LoadResult {
  /** Milliseconds under which 99 of 100 served requests were answered. */
  readonly p99Ms: number
  /** Requests served a second. */
  readonly perSecond: number
  /** The part of all answers that were refusals. */
  readonly refused: number
}

/** Milliseconds after which a client gives up. */
const patienceMs = 2000

/** A load that does not wait for answers: requests come by chance, so many a second, as those of strangers do. */
export async function openLoad(url: string, perSecond: number, span: Span): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true })
  const replies: Promise<Reply>[] = []
  const counted = countedIn(span)
  for (let due = performance.now(); due < counted.until; due += (-Math.log(1 - Math.random()) * 1000) / perSecond) {
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1))
    replies.push(ask(url, agent, due))
  }
  const result = summaryOf(await Promise.all(replies), counted)
  agent.destroy()
  return result
}

/** A load of so many requests at once, each sent when one before it is answered. */
export async function closedLoad(url: string, atOnce: number, span: Span): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true })
  const replies: Reply[] = []
  const counted = countedIn(span)
  const client = async (): Promise<void> => {
    while (performance.now() < counted.until) replies.push(await ask(url, agent, performance.now()))
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  agent.destroy()
  return summaryOf(replies, counted)
}

/** Moments between which answers count. */
interface Counted {
  readonly from: number
  readonly until: number
}

function countedIn({ leadSeconds, seconds }: Span): Counted {
  const from = performance.now() + leadSeconds * 1000
  return { from, until: from + seconds * 1000 }
}

function ask(url: string, agent: Agent, due: number): Promise<Reply> {
  return new Promise((resolve) => {
    const end = (status: number | null): void => {
      const endedAt = performance.now()
      resolve({ status, latencyMs: endedAt - due, endedAt })
    }
    const request = get(url, { agent, signal: AbortSignal.timeout(patienceMs) }, (response) => {
      response.resume()
      response.on('end', () => end(response.statusCode!))
      response.on('error', () => end(null))
    })
    request.on('error', () => end(null))
  })
}

function summaryOf(all: readonly Reply[], { from, until }: Counted): LoadResult {
  const replies = all.filter(({ endedAt }) => endedAt >= from && endedAt < until)
  const served = replies.filter(({ status }) => status === 200).map(({ latencyMs }) => latencyMs)
  served.sort((a, b) => a - b)
  return {
    p99Ms: served[Math.floor(served.length * 0.99)] ?? Number.NaN,
    perSecond: (served.length * 1000) / (until - from),
    refused: replies.filter(({ status }) => status === 503).length / replies.length,
  }
}
