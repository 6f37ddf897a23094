import { describeAdapter } from '@sluice/conformance/adapter'
import { isNightly } from '../runs.ts'
import { node } from './node.ts'
import { redisUnderTest } from './redis.ts'

describeAdapter('node:http', node, { part: isNightly ? 'full' : 'store', stores: { Redis: redisUnderTest } })
