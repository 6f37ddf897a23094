const entries = require('./entries.json')
const { describeThrottling } = require('./throttles.cjs')

test.each(entries)('requires %s', (entry) => {
  expect(Object.keys(require(entry))).not.toEqual([])
})

test('require gives the CommonJS', () => {
  expect(require.resolve('@sluice/core')).toMatch(/index\.cjs$/)
})

describeThrottling({
  core: require('@sluice/core'),
  testing: require('@sluice/core/testing'),
  fastify: require('@sluice/fastify'),
  express: require('@sluice/express'),
  hono: require('@sluice/hono'),
  egress: require('@sluice/egress'),
  frameworks: { fastify: require('fastify'), express: require('express'), Hono: require('hono').Hono },
})
