/** In GraphQL each field of a query is a call, and a refusal is an error of its field. */
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import { type ExecutionContext, Injectable } from '@nestjs/common'
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql'
import { tokenBucket } from '@sluice/core'
import { expect, test } from 'vitest'
import { type Served, serve } from '../test/serve.ts'
import { Cost, SkipLimits } from './decorators.ts'
import { SluiceModule } from './module.ts'
import type { NestLimit, NestRequest, NestSluice } from './options.ts'

@Resolver()
@Injectable()
class Cats {
  @Query() cat() {
    return 'tom'
  }

  @Cost(3)
  @Query()
  litter() {
    return 'three'
  }

  @SkipLimits()
  @Query()
  version() {
    return '1'
  }
}

const perAddress: NestLimit = { name: 'ip', rule: tokenBucket({ capacity: 5, per: '1d' }) }

function serveCats(options: NestSluice): Promise<Served> {
  const typeDefs = 'type Query { cat: String, litter: String, version: String }'
  const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, typeDefs })
  return serve('express', { imports: [SluiceModule.forRoot(options), graphql], providers: [Cats] })
}

async function ask(served: Served, query: string) {
  const response = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  const { data, errors = [] } = (await response.json()) as { data: unknown; errors?: { message: string; path: string[] }[] }
  return { data, errors, headers: response.headers }
}

test('a field is charged, and refused with the header fields of a refusal', async () => {
  await using served = await serveCats({ limits: [perAddress] })
  expect(await ask(served, '{ cat }')).toMatchObject({ data: { cat: 'tom' }, errors: [] })
  expect((await ask(served, '{ litter }')).headers.get('ratelimit')).toMatch(/^"ip";r=1;t=17\d{3}$/)
  const refused = await ask(served, '{ litter }')
  expect(refused).toMatchObject({ data: { litter: null }, errors: [{ path: ['litter'] }] })
  expect(refused.headers.get('retry-after')).toMatch(/^345\d\d$/)
  expect(await ask(served, '{ version }')).toMatchObject({ data: { version: '1' }, errors: [] })
})

test('a hundred fields in one query are a hundred calls', async () => {
  await using served = await serveCats({ limits: [perAddress] })
  const query = Array.from({ length: 100 }, (_, i) => `a${i}: cat`).join(' ')
  const { data, errors } = await ask(served, `{ ${query} }`)
  expect(Object.values(data as object).filter((value) => value === 'tom').length).toBe(5)
  expect(errors.length).toBe(95)
})

test('`requestOf` finds the request where the context is the own one of the application, and leaves calls out', async () => {
  const handlers: string[] = []
  await using served = await serveCats({
    limits: [perAddress],
    requestOf(context: ExecutionContext) {
      handlers.push(context.getHandler().name)
      return context.getHandler().name === 'cat' ? null : { request: context.getArgByIndex<{ req: NestRequest }>(2).req }
    },
  })
  for (let i = 0; i < 6; i++) expect((await ask(served, '{ cat }')).errors).toEqual([])
  const without = await ask(served, '{ litter }')
  expect([without.data, without.headers.get('ratelimit')]).toEqual([{ litter: 'three' }, null])
  expect((await ask(served, '{ litter }')).errors.length).toBe(1)
  expect(handlers).toContain('cat')
})
