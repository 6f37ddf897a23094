/** The warnings that a part of a test draws. */

/** The codes of warnings that the process emits meanwhile. */
export async function warningsOf(act: () => Promise<void>): Promise<readonly (string | undefined)[]> {
  const codes: (string | undefined)[] = []
  const listen = (warning: Error & { code?: string }): void => void codes.push(warning.code)
  process.on('warning', listen)
  await act()
  await new Promise(setImmediate)
  process.off('warning', listen)
  return codes
}
