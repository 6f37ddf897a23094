import { describeAdapter } from '@sluice/http/testing'
import { fastify } from './fastify.ts'
import { stores } from './stores.ts'

describeAdapter('Fastify', fastify, stores)
