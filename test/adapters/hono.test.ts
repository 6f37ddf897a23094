import { describeAdapter } from '@sluice/conformance/adapter'
import { beforeEach, vi } from 'vitest'
import { isNightly } from '../runs.ts'
import { hono } from './hono.ts'

beforeEach(() => {
  // Hono prints the errors that no handler of the application takes, and the contract makes many.
  vi.spyOn(console, 'error').mockImplementation(() => {})
})

describeAdapter('Hono', hono, { part: isNightly ? 'full' : 'adapter' })
