/** What the processes of a crash have in common. */

import type { AdapterUnderTest } from '@sluice/conformance/adapter'
import { concurrency } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import express from 'express'
import { expressUnderTest } from './express.ts'
import { fastify } from './fastify.ts'
import { hono } from './hono.ts'
import { node } from './node.ts'

export const adapters: Readonly<Record<string, AdapterUnderTest>> = {
  Fastify: fastify,
  Express: expressUnderTest(express),
  Hono: hono,
  'node:http': node,
}

/** The lease is longer than a busy machine keeps a process from renewing it. */
export const limits: readonly HttpLimit[] = [{ name: 'slots', by: () => 'all', rule: concurrency({ capacity: 2, lease: '5s' }) }]
