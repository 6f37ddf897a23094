/** The module of NestJS. */
import { type DynamicModule, type FactoryProvider, type InjectionToken, Module, type Provider } from '@nestjs/common'
import { APP_FILTER, APP_GUARD, DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core'
import { checkOptions, optionalOf } from '@sluice/core/internal'
import { CallDecider, SluiceGuard } from './guard.ts'
import type { NestSluice, NestSluiceAsync } from './options.ts'
import { RefusedFilter } from './refused.ts'

const optionsToken = Symbol('sluice.options')

/** Throttling for NestJS, on Express and Fastify, and for GraphQL. */
// biome-ignore lint/complexity/noStaticOnlyClass: a module of NestJS is a class
export class SluiceModule {
  /**
   * Guards the handlers of the application.
   * @throws SluiceError for every wrong option, when the application starts
   * @example
   * ```ts
   * @Module({ imports: [SluiceModule.forRoot({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }] })] })
   * class AppModule {}
   * ```
   */
  static forRoot(options: NestSluice): DynamicModule {
    return moduleOf({ provide: optionsToken, useValue: options }, options.global)
  }

  /**
   * The same with options that are made of what the application provides.
   * @throws SluiceError for every wrong option, when the application starts
   * @example
   * ```ts
   * SluiceModule.forRootAsync({ inject: [Redis], useFactory: (redis: Redis) => ({ store: redisStore(redis), limits }) })
   * ```
   */
  static forRootAsync(options: NestSluiceAsync): DynamicModule {
    checkOptions(options, 'forRootAsync', ['global', 'imports', 'inject', 'useFactory'])
    const { global, imports = [], inject = [], useFactory } = options
    const provider: FactoryProvider = { provide: optionsToken, useFactory: useFactory as never, inject: [...inject] as InjectionToken[] }
    return moduleOf(provider, global, imports)
  }
}

Module({})(SluiceModule)

function moduleOf(options: Provider, global: boolean | undefined, imports: NonNullable<DynamicModule['imports']> = []): DynamicModule {
  optionalOf(global, 'global', 'boolean')
  return {
    module: SluiceModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [
      options,
      {
        provide: CallDecider,
        inject: [optionsToken, DiscoveryService, MetadataScanner],
        useFactory: (made: NestSluice, discovery: DiscoveryService, scanner: MetadataScanner) => new CallDecider(made, discovery, scanner),
      },
      SluiceGuard,
      { provide: APP_FILTER, inject: [HttpAdapterHost], useFactory: (host: HttpAdapterHost) => new RefusedFilter(host) },
      ...(global === false ? [] : [{ provide: APP_GUARD, useExisting: SluiceGuard }]),
    ],
    exports: [CallDecider, SluiceGuard],
  }
}
