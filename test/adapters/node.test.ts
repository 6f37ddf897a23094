import { describeAdapter } from '@sluice/conformance/adapter'
import { node } from './node.ts'

// The one adapter that runs the whole contract; the others run what they can get wrong.
describeAdapter('node:http', node)
