/** Fastify refuses on a route that was declared before the plugin: the packed plugin still sees each new application at its start. */

import { tokenBucket } from '@sluice/core'
import sluice, { bind } from '@sluice/fastify'
import fastify from 'fastify'

const app = fastify()
app.get('/', () => 'ok')
app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '1h' }) }] })
const first = await app.inject('/')
const second = await app.inject('/')
await app.close()

const answers = `${first.statusCode} ${second.statusCode}`
if (answers !== '200 429') throw new Error(`Fastify answered ${answers}`)
if (typeof bind !== 'function') throw new Error('@sluice/fastify does not export bind')
console.log('Fastify refused the second request')
