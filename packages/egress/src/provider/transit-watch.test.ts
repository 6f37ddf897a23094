import { expect, onTestFinished, test, vi } from 'vitest'
import { transitWatch } from './transit-watch.ts'

/** The codes that are warned of when answers take so long, of which the process is busy for a part. */
function warningsOf(provider: string, answers: readonly { readonly idleMs: number }[]): unknown[] {
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => emit.mockRestore())
  let idleMs = 1000
  const watch = transitWatch(provider, 100, () => idleMs)
  for (const answer of answers) {
    const sent = watch.sent()
    idleMs += answer.idleMs
    watch.answered(sent)
  }
  return emit.mock.calls.map(([, options]) => (options as { code: string }).code)
}

test('warns when three answers in a row take more than half of the transit', () => {
  expect(
    warningsOf(
      'far',
      [51, 60, 70, 80].map((idleMs) => ({ idleMs })),
    ),
  ).toEqual(['SLUICE_EGRESS_TRANSIT'])
})

test('does not warn of one slow answer, or of one that came late because the process was busy', () => {
  expect(
    warningsOf(
      'near',
      [51, 60, 50, 60, 60, 0].map((idleMs) => ({ idleMs })),
    ),
  ).toEqual([])
})
