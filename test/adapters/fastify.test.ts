import { describeAdapter } from '@sluice/conformance/adapter'
import { fastify } from './fastify.ts'
import { stores } from './stores.ts'

describeAdapter('Fastify', fastify, stores)
