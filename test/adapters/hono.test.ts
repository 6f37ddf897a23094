import { describeAdapter } from '@sluice/conformance/adapter'
import { beforeEach, vi } from 'vitest'
import { hono } from './hono.ts'
import { stores } from './stores.ts'

beforeEach(() => {
  // Hono prints the errors that no handler of the application takes, and the contract makes many.
  vi.spyOn(console, 'error').mockImplementation(() => {})
})

describeAdapter('Hono', hono, stores)
