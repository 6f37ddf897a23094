/** Applications of NestJS that tests make, on both platforms. */
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Controller, type DynamicModule, Get, type INestApplication, Module, type Provider, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { type TokenBucketRule, tokenBucket } from '@sluice/core'
import type { NestLimit } from '../src/options.ts'

/** What both platforms are tested by. */
export const platforms = ['express', 'fastify'] as const
export type Platform = (typeof platforms)[number]

/** What an application is made of. */
export interface Parts {
  readonly imports?: (DynamicModule | Type)[]
  readonly controllers?: Type[]
  readonly providers?: Provider[]
  /** Called before it listens. */
  prepare?(app: INestApplication): void
}

/** An application that listens. */
export interface Served extends AsyncDisposable {
  readonly url: string
  readonly app: INestApplication
}

/** Starts an application. @throws what its start fails with */
export async function serve(platform: Platform, { imports = [], controllers = [], providers = [], prepare }: Parts): Promise<Served> {
  class AppModule {}
  Module({ imports, controllers, providers })(AppModule)
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter()
  const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false })
  prepare?.(app)
  await app.listen(0, '127.0.0.1')
  const server = app.getHttpServer() as Server
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, app, [Symbol.asyncDispose]: () => app.close() }
}

/** The statuses of requests that are sent one after the other. */
export async function statuses(count: number, url: string, init?: RequestInit): Promise<readonly number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) {
    const response = await fetch(url, init)
    await response.arrayBuffer()
    all.push(response.status)
  }
  return all
}

/** So slow that no unit comes back during a test. */
export function perDay(capacity: number): TokenBucketRule {
  return tokenBucket({ capacity, per: '1d' })
}

/** A limit by address. */
export function ip(capacity: number): NestLimit {
  return { name: 'ip', rule: perDay(capacity) }
}

/** What is served at `/`. */
@Controller()
export class Home {
  @Get() home(): string {
    return 'home'
  }
}
