/** A client that sends what it is told over a real socket, and reads all that comes back. */
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request as openRequest } from 'node:http'

/** Where a server listens: on a port of 127.0.0.1, or on a Unix socket. */
export interface Listening {
  readonly port?: number | undefined
  readonly socketPath?: string | undefined
}

/** A request; a bare path is a `GET`. */
export interface Question {
  /** @default 'GET' */
  readonly method?: string | undefined
  readonly path: string
  /** Lists are sent as several lines. */
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined
  /** Sent as JSON. */
  readonly json?: unknown
}

/** A response. */
export interface Reply {
  readonly status: number
  /** By name in lower case. */
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Asks once, and waits for the whole response. */
export function ask(server: Listening, question: Question, agent: Agent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const body = question.json === undefined ? undefined : JSON.stringify(question.json)
    const headers: Record<string, string | string[]> = { ...question.headers }
    if (body !== undefined) headers['content-type'] = 'application/json'
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body))
    const { method = 'GET', path } = question
    const request = openRequest({ ...server, host: '127.0.0.1', agent, method, path, headers }, (response) => {
      readAll(response).then(resolve, reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function readAll(response: IncomingMessage): Promise<Reply> {
  response.setEncoding('utf8')
  let body = ''
  for await (const chunk of response) body += chunk
  return { status: response.statusCode!, headers: response.headers, body }
}

/** What a body is, whatever character set the framework adds to it. */
export function mediaTypeOf({ headers }: Reply): string | undefined {
  return headers['content-type']?.replace(/;.*/, '')
}
