import { describeAdapter } from '@sluice/conformance/adapter'
import { isNightly } from '../runs.ts'
import { fetchHandler } from './fetch.ts'

describeAdapter('A handler of the web standard', fetchHandler, { part: isNightly ? 'full' : 'adapter' })
