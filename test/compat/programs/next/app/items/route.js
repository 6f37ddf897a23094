/** A route handler behind a guard: two requests an hour. */
import { tokenBucket } from '@sluice/core'
import { guardFetch } from '@sluice/http/fetch'

const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 2, per: '1h' }) }]
const guarded = guardFetch({ remoteAddress: () => '192.0.2.7', limits }, () => Response.json({ items: [] }))

export const GET = (request) => guarded(request)
export const dynamic = 'force-dynamic'
