import { describeStore } from '@sluice/conformance/store'
import { describe, expect, test } from 'vitest'
import { rowsInMemory } from '../../test/rows-in-memory.ts'

describeStore({ describe, expect, test }, 'a store of rows', () => ({ ...rowsInMemory({ isBackwards: true }), dispose: () => {} }))
