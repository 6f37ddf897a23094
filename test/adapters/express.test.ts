import { describeAdapter } from '@sluice/conformance/adapter'
import express from 'express'
import { isNightly } from '../runs.ts'
import { expressUnderTest } from './express.ts'

describeAdapter('Express 5', expressUnderTest(express), { part: isNightly ? 'full' : 'adapter' })
