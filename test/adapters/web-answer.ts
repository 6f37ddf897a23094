/** What handlers of the web standard do with an answer. */
import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Answer } from '@sluice/conformance/adapter'
import { writeRaw } from './answer.ts'

/** A raw response, which is what headers find hardest to survive. */
export function responseOf({ status = 200, headers = {}, body = 'ok' }: Answer): Response {
  const content = typeof body === 'string' ? body : ReadableStream.from(encoded(body))
  return new Response(content, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield new TextEncoder().encode(text)
}

/** Writes the response past the framework, as handlers under Node can. @returns what tells the server so */
export function hijacked(outgoing: ServerResponse, answer: Answer): Response {
  if (answer.raw === true) writeRaw(outgoing, answer)
  else outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n')
  return RESPONSE_ALREADY_SENT
}
