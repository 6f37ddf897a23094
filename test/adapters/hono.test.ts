import { describeAdapter } from '@sluice/http/testing'
import { hono } from './hono.ts'
import { stores } from './stores.ts'

describeAdapter('Hono', hono, stores)
