/** The layers: which package may import which, and the source files that are long for a reason. */

/** For each package the packages it may import. Arrows never go backwards or sideways, and no adapter knows a store. */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  redis: ['core'],
  http: ['core'],
  egress: ['core'],
  policy: ['core'],
  telemetry: ['core'],
  cli: ['core', 'policy', 'redis', 'dashboard'],
  fastify: ['core', 'http'],
  express: ['core', 'http'],
  hono: ['core', 'http'],
  nestjs: ['core', 'http'],
  dashboard: ['core', 'http'],
  browser: [],
  conformance: ['core', 'http'],
}

/** The most lines of a source file. A file is one idea; a longer one needs a reason. */
export const mostLines = 250

/** Source files above {@link mostLines}, each with its reason. */
export const longForAReason: Readonly<Record<string, string>> = {
  'packages/core/src/errors.ts': 'all codes of the core, each a constant, which is read by looking a code up',
}
