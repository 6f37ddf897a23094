/** A NestJS server with limits: `pnpm example nestjs`. */
import 'reflect-metadata'
import { Body, Controller, Get, HttpCode, Module, Post, UnauthorizedException } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { tokenBucket } from '@sluice/core'
import { Cost, failuresOnly, Limit, type NestRequest, SkipLimits, SluiceModule } from '@sluice/nestjs'

/** Ten requests at once, then one every six seconds, for each client address; and one export a second. */
const perClient = { name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }
const perExport = { name: 'exports', rule: tokenBucket({ capacity: 1, per: '1s' }) }

/** A client may send anything, or nothing: what is no text counts as an empty one. */
const accountOf = (body: unknown): string => (typeof Object(body).account === 'string' ? Object(body).account : '')

/** Five wrong passwords a minute for each account; right ones are free. */
const perAccount = {
  name: 'account',
  by: (request: NestRequest & { body?: unknown }) => accountOf(request.body),
  rule: tokenBucket({ capacity: 5, per: '1m' }),
  settle: failuresOnly,
}

@Controller()
class Api {
  @Get() home(): object {
    return { hello: 'world' }
  }

  @Get('search') @Cost(5) search(): object {
    return { found: [] }
  }

  @Get('health') @SkipLimits() health(): object {
    return { status: 'up' }
  }

  @Get('export') @SkipLimits() @Limit(perExport) export(): object {
    return { rows: 3 }
  }

  @Post('login') @HttpCode(200) @Limit(perAccount) login(@Body() body: unknown): object {
    if (Object(body).password !== 'sesame') throw new UnauthorizedException({ welcome: null })
    return { welcome: accountOf(body) }
  }
}

// `draft-11` is the default; octokit needs the second, and the OpenAI SDK waits exactly with the third.
const headers = ['draft-11', 'x-ratelimit-epoch', 'retry-after-ms'] as const

@Module({ imports: [SluiceModule.forRoot({ limits: [perClient], headers })], controllers: [Api] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
console.log(`listening on ${await app.getUrl()}`)
