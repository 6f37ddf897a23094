/** A refusal as an exception of NestJS, and the filter that answers it. */
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import type { Refused } from '@sluice/core'
import type { BodyContent } from '@sluice/http'

/**
 * A refused request. A filter of yours that catches it may answer in its place: the header fields are set already. It is also what the
 * guard throws where it has failed itself; `refused` is `null` then.
 * @example
 * ```ts
 * @Catch(RefusedException)
 * class Polite implements ExceptionFilter {
 *   catch({ refused }: RefusedException, host: ArgumentsHost) {
 *     host.switchToHttp().getResponse().json({ comeBackInMs: refused?.retryAfterMs })
 *   }
 * }
 * ```
 */
export class RefusedException extends HttpException {
  /** The decision; `null` for an address on the deny list, and for a fault. */
  readonly refused: Refused | null
  /** The body in the form that the client reads. */
  readonly body: BodyContent

  constructor(refused: Refused | null, body: BodyContent, status: number, cause?: unknown) {
    super(dataOf(body), status, { cause })
    this.refused = refused
    this.body = body
  }
}

/** What filters that know no more than `HttpException` see: the problem document, or the sentence. */
function dataOf(body: BodyContent): string | Record<string, unknown> {
  if (typeof body !== 'string') return 'Too Many Requests'
  try {
    const data: unknown = JSON.parse(body)
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : body
  } catch {
    return body
  }
}

/** Answers refusals over HTTP. For GraphQL and the like it leaves the exception to the framework, which makes an error of it. */
export class RefusedFilter implements ExceptionFilter<RefusedException> {
  readonly #host: HttpAdapterHost

  constructor(host: HttpAdapterHost) {
    this.#host = host
  }

  catch(exception: RefusedException, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return exception
    const { httpAdapter } = this.#host
    const response = host.switchToHttp().getResponse<object>()
    if (httpAdapter.isHeadersSent(response)) return httpAdapter.end(response)
    return httpAdapter.reply(response, exception.body, exception.getStatus())
  }
}

// Decorators as functions: what is published runs as it is written.
Catch(RefusedException)(RefusedFilter)
