import { describeAdapter } from '@sluice/conformance/adapter'
import express from 'express4'
import { isNightly } from '../runs.ts'
import { expressUnderTest } from './express.ts'

describeAdapter('Express 4', expressUnderTest(express), { part: isNightly ? 'full' : 'adapter' })
