/** A program that imports the packages, beside a file that requires them: both get one copy. */
import { SluiceError, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { guardFetch } from '@sluice/http/fetch'
import required from './required.cjs'

if (required.SluiceError !== SluiceError) throw new Error('the core is bundled twice')
if (required.manualClock !== manualClock) throw new Error('@sluice/core/testing is bundled twice')
if (required.guardFetch !== guardFetch) throw new Error('@sluice/http is bundled twice')

const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 2, per: '1h' }) }]
const handle = guardFetch({ remoteAddress: () => '192.0.2.7', limits }, () => new Response('ok'))

async function main() {
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await handle(new Request('http://localhost/'))).status)
  if (statuses.join() !== '200,200,429') throw new Error(`the guard answered ${statuses.join()}`)
  console.log('bundled once')
}

void main()
