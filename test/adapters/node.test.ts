import { describeAdapter } from '@sluice/http/testing'
import { node } from './node.ts'
import { stores } from './stores.ts'

describeAdapter('node:http', node, stores)
