/** What clients may send to a login in place of an account and a password. */

/** Bodies without a name that is text, and one whose name has 900,000 characters. */
const bodies: readonly (string | undefined)[] = [
  undefined,
  '',
  'null',
  '{}',
  '[]',
  '[{"account":"ada","password":"sesame"}]',
  '{"account":null,"password":null}',
  '{"account":{"toString":1},"password":{"valueOf":1,"toString":1}}',
  '{"account":["ada"],"password":["sesame"]}',
  JSON.stringify({ account: 'a'.repeat(900_000), password: 'guess' }),
]

/** The statuses of one request with each such body. */
export async function hostileLogins(url: string): Promise<number[]> {
  const statuses: number[] = []
  for (const body of bodies) {
    const response = await fetch(`${url}/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: body ?? null })
    await response.body?.cancel()
    statuses.push(response.status)
  }
  return statuses
}
