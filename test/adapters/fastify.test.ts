import { describeAdapter } from '@sluice/conformance/adapter'
import { isNightly } from '../runs.ts'
import { fastify } from './fastify.ts'

describeAdapter('Fastify', fastify, { part: isNightly ? 'full' : 'adapter' })
