/** The parts of the operators' page that change: each is written once a second for all viewers, and sent if it differs. */
import { escapeHtml } from '@sluice/http'
import type { LiveState } from '../live/live-state.ts'
import { actionsPart } from './actions-part.ts'
import type { AuditEvent } from './audit.ts'
import { healthPart, noticesPart, providersPart } from './health-part.ts'
import { blockedPart, refusedPart } from './keys-part.ts'
import { limitsPart } from './limits-part.ts'
import { policyPart } from './policy-part.ts'
import { headingText } from './words.ts'

/** The names of the parts, which are the ids of their elements. */
export type PartName = 'heading' | 'notices' | 'limits' | 'refused' | 'blocked' | 'health' | 'providers' | 'policy' | 'actions'

/** HTML by part. */
export type Parts = Readonly<Record<PartName, string>>

/** @param recent - what operators did, the latest first */
export function partsOf(state: LiveState, recent: readonly AuditEvent[]): Parts {
  return {
    heading: escapeHtml(headingText(state)),
    notices: noticesPart(state),
    limits: limitsPart(state),
    refused: refusedPart(state),
    blocked: blockedPart(state),
    health: healthPart(state),
    providers: providersPart(state),
    policy: policyPart(state),
    actions: actionsPart(recent, state.atMs),
  }
}

/** The parts that differ. */
export function changedParts(before: Parts | undefined, now: Parts): Partial<Parts> {
  return Object.fromEntries(Object.entries(now).filter(([name, html]) => before?.[name as PartName] !== html))
}
