/** Stands between a client and a server, passes everything on, and writes down what was answered when. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One answer of the server. */
export interface Answer {
  readonly status: number
  /** The wait that the answer asks for, in seconds. */
  readonly retryAfter: number | null
  /** When the request arrived, in milliseconds. */
  readonly sentAt: number
  /** When the answer began, in milliseconds. */
  readonly answeredAt: number
}

export interface Recorder extends AsyncDisposable {
  readonly url: string
  readonly answers: readonly Answer[]
}

/** Starts a recorder in front of a server. */
export async function startRecorder(target: string): Promise<Recorder> {
  const answers: Answer[] = []
  const pass = (incoming: IncomingMessage, response: ServerResponse): void => {
    const sentAt = performance.now()
    const onward = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: incoming.headers }, (answer) => {
      const { statusCode: status = 0, headers } = answer
      const retryAfter = headers['retry-after'] === undefined ? null : Number(headers['retry-after'])
      answers.push({ status, retryAfter, sentAt, answeredAt: performance.now() })
      response.writeHead(status, answer.rawHeaders)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  }
  const server = createServer(pass)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
