/** The quota of callers as a controller: JSON, or a page of `@sluice/dashboard`. */
import { All, Controller, Inject, Req, Res, type Type } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { type GuardQuotaOptions, type HeaderLine, type QuotaOptions, quotaEndpoint } from '@sluice/http'
import { SkipLimits } from './decorators.ts'
import { SluiceGuard } from './guard.ts'
import type { NestRequest, NestResponse } from './options.ts'
import { headOf } from './reading.ts'

/** What a quota is read from: the limits of the module, or a limiter and who asks. */
type Source<C> = QuotaOptions<NestRequest, C> | GuardQuotaOptions<NestRequest>

/** The answer to one request, in terms of no framework. */
type Answering = (request: {
  readonly request: NestRequest
  readonly method: string
  readonly acceptLanguage: string | undefined
}) => Promise<{ readonly status: number; readonly headers: readonly HeaderLine[]; readonly body: string }>

/** What {@link quotaController} takes beside the quota itself. */
export interface NestQuotaPage<C> {
  /**
   * Makes a page in place of JSON: `quotaPageEndpoint` of `@sluice/dashboard`. It is called with the options of the quota when the
   * application starts.
   * @default JSON
   */
  readonly page?: ((source: Source<C>) => Answering) | undefined
}

/** What {@link quotaController} takes. Without `limiter` and `identify` the quota is that of the module, read with the quota request. */
export type NestQuotaOptions<C> = (QuotaOptions<NestRequest, C> | Omit<GuardQuotaOptions<NestRequest>, 'guard'>) & NestQuotaPage<C>

/**
 * A controller that tells callers where they stand, and charges nothing for it. Without a limiter it reads the limits of
 * `SluiceModule.forRoot`; those of decorators are not among them. The deny list holds for it.
 * @param path - where it is served, such as `'quota'`
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`, when the application starts
 * @example
 * ```ts
 * @Module({
 *   imports: [SluiceModule.forRoot({ limits })],
 *   controllers: [quotaController('quota'), quotaController('quota/page', { page: quotaPageEndpoint })],
 * })
 * class AppModule {}
 * ```
 */
export function quotaController<C = unknown>(path: string, options: NestQuotaOptions<C> = {}): Type {
  const { page, ...own } = options

  class QuotaController {
    readonly #answer: Answering
    readonly #host: HttpAdapterHost

    constructor(guard: SluiceGuard, host: HttpAdapterHost) {
      const source = ('limiter' in own || 'identify' in own ? own : { ...own, guard }) as Source<C>
      this.#answer = page === undefined ? asData(source) : page(source)
      this.#host = host
    }

    async show(request: NestRequest, response: NestResponse): Promise<void> {
      const acceptLanguage = request.headers['accept-language'] as string | undefined
      const { status, headers, body } = await this.#answer({ request, method: request.method ?? 'GET', acceptLanguage })
      const head = headOf(response)
      // A client that has hung up meanwhile needs no answer.
      if (head.isSent || head.node.req?.socket?.destroyed === true) return
      for (const [name, value] of headers) head.set(name, value)
      await this.#host.httpAdapter.reply(response, body, status)
    }
  }

  // Decorators as functions: what is published runs as it is written.
  const { prototype } = QuotaController
  All()(prototype, 'show', Object.getOwnPropertyDescriptor(prototype, 'show')!)
  Req()(prototype, 'show', 0)
  Res()(prototype, 'show', 1)
  Inject(SluiceGuard)(QuotaController, undefined, 0)
  Inject(HttpAdapterHost)(QuotaController, undefined, 1)
  SkipLimits()(QuotaController)
  Controller(path)(QuotaController)
  return QuotaController
}

function asData<C>(source: Source<C>): Answering {
  const answer = quotaEndpoint<NestRequest, C>(source)
  return ({ request, method }) => answer(request, method)
}
