/** A file that requires the packages gets what an import gets. */
import { SluiceError } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { guardFetch } from '@sluice/http/fetch'
import required from './bundled/required.cjs'

if (required.SluiceError !== SluiceError) throw new Error('there are two copies of the core')
if (required.manualClock !== manualClock) throw new Error('there are two copies of @sluice/core/testing')
if (required.guardFetch !== guardFetch) throw new Error('there are two copies of @sluice/http')
console.log('one copy')
