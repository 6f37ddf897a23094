import { describeAdapter } from '@sluice/conformance/adapter'
import express from 'express4'
import { expressUnderTest } from './express.ts'
import { stores } from './stores.ts'

describeAdapter('Express 4', expressUnderTest(express), stores)
