/** The stores on which every adapter keeps its contract. */
import { memoryUnderTest } from '@sluice/http/testing'

export const stores = { memory: memoryUnderTest }
