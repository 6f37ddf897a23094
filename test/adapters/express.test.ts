import { describeAdapter } from '@sluice/conformance/adapter'
import express from 'express'
import { expressUnderTest } from './express.ts'
import { stores } from './stores.ts'

describeAdapter('Express 5', expressUnderTest(express), stores)
