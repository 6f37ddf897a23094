import { readFileSync } from 'node:fs'
import * as core from '@sluice/core'
import * as testing from '@sluice/core/testing'
import * as egress from '@sluice/egress'
import * as express from '@sluice/express'
import * as fastify from '@sluice/fastify'
import * as hono from '@sluice/hono'
import expressFramework from 'express'
import fastifyFramework from 'fastify'
import { Hono } from 'hono'
import throttles from './throttles.cjs'

const entries = JSON.parse(readFileSync(new URL('entries.json', import.meta.url), 'utf8'))

test.each(entries)('imports %s', async (entry) => {
  expect(Object.keys(await import(entry))).not.toEqual([])
})

const frameworks = { fastify: fastifyFramework, express: expressFramework, Hono }
throttles.describeThrottling({ core, testing, fastify, express, hono, egress, frameworks })
