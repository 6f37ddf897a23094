import { describeAdapter } from '@sluice/conformance/adapter'
import { fetchHandler } from './fetch.ts'
import { stores } from './stores.ts'

describeAdapter('A handler of the web standard', fetchHandler, stores)
