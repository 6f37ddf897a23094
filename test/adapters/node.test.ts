import { describeAdapter } from '@sluice/conformance/adapter'
import { node } from './node.ts'
import { stores } from './stores.ts'

describeAdapter('node:http', node, stores)
