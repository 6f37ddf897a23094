/** The ESM and the CommonJS in one process, each with all of its files: errors, rules, stores, limiters and guards of one fit the other. */
import { strict as assert } from 'node:assert'
import Module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as esm from '@sluice/core'
import * as esmHttp from '@sluice/http'

const require = createRequire(import.meta.url)
const commonJs = {
  '@sluice/core': 'core/dist/cjs/index.cjs',
  '@sluice/core/internal': 'core/dist/cjs/internal.cjs',
  '@sluice/http': 'http/dist/cjs/index.cjs',
}
// Resolves as tools do that know the condition `require` alone.
const resolve = Module._resolveFilename
Module._resolveFilename = (request, ...others) => {
  const file = commonJs[request]
  return file === undefined
    ? resolve.call(Module, request, ...others)
    : fileURLToPath(new URL(`node_modules/@sluice/${file}`, import.meta.url))
}

const cjs = require('@sluice/core')
const cjsHttp = require('@sluice/http')
assert.notEqual(cjs.SluiceError, esm.SluiceError, 'there is one copy of the core')
assert.notEqual(cjsHttp.bind, esmHttp.bind, 'there is one copy of @sluice/http')

for (const [maker, user, makerHttp] of [
  [esm, cjs, esmHttp],
  [cjs, esm, cjsHttp],
]) {
  assert.throws(() => maker.tokenBucket({ capacity: -1, per: '1s' }), user.SluiceError)
  const rule = maker.tokenBucket({ capacity: 1, per: '1h' })
  const limiter = user.createLimiter({ store: maker.memoryStore(), limits: [{ name: 'all', by: maker.everyone, rule }] })
  assert.deepEqual([limiter.consume().outcome, limiter.consume().outcome], ['allowed', 'limited'])
  makerHttp.bind(limiter, () => undefined)
  // A check that reads the text of our functions, which the build of the CommonJS shortens.
  assert.throws(() => maker.createLimiter({ limits: [{ name: 'all', by: maker.everyone, rule: maker.tokenBucket }] }), {
    code: 'SLUICE_RULE_UNCALLED',
  })
}
console.log('two copies work together')
