import { describe, expect, test } from 'vitest'
import { exhausted, impossible, limited, status, unavailable } from '../../test/decisions.ts'
import { disclosedLimits } from '../headers/disclosed-limits.ts'
import { problemOf } from './refusal-body.ts'

describe('problem details', () => {
  test('of a caller over the limit name the policies and the wait', () => {
    const refused = limited(status('api'), exhausted('app', 1500), exhausted('seller', 200))
    expect(problemOf(refused, disclosedLimits(refused), 429, 'Slow down.')).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Quota Exceeded',
      status: 429,
      detail: 'Slow down.',
      outcome: 'limited',
      retry_after: 2,
      'violated-policies': ['app', 'seller'],
    })
  })

  test('of an impossible cost name no time', () => {
    const refused = impossible(exhausted('app', null))
    const problem = problemOf(refused, disclosedLimits(refused), 429, '')
    expect(problem).toMatchObject({ status: 429, outcome: 'impossible', 'violated-policies': ['app'] })
    expect(problem).not.toHaveProperty('retry_after')
  })

  test('of an outage name no policy and nothing of the cause', () => {
    const refused = unavailable(1000)
    expect(problemOf(refused, disclosedLimits(refused), 503, 'Come back later.')).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      title: 'Temporary Reduced Capacity',
      status: 503,
      detail: 'Come back later.',
      outcome: 'unavailable',
      retry_after: 1,
    })
  })

  test('of a full service have the type of 503, which their status must match', () => {
    const refused = limited(exhausted('uploads', 1000))
    expect(problemOf(refused, disclosedLimits(refused), 503, '')).toMatchObject({
      title: 'Temporary Reduced Capacity',
      status: 503,
      outcome: 'limited',
    })
  })

  test('never name an undisclosed limit, though it alone refused', () => {
    const refused = limited(exhausted('api', 1000, { disclose: false }), status('app'))
    expect(problemOf(refused, disclosedLimits(refused), 429, '')).not.toHaveProperty('violated-policies')
  })

  test('never blame a shadow limit, though it would have refused', () => {
    const refused = limited(exhausted('new', 9000, { shadow: true }), exhausted('old', 1000))
    expect(problemOf(refused, disclosedLimits(refused), 429, '')['violated-policies']).toEqual(['old'])
  })
})
