/** What the suites need of a test runner; Vitest, Jest and Bun bring it. */

/** The part of `describe`, `test` and `expect` that is used. */
export interface TestRunner {
  describe(name: string, body: () => void): void
  test(name: string, body: () => Promise<void>): void
  expect(actual: unknown): Expectation
}

/** What is expected of a value. */
export interface Expectation {
  toBe(expected: unknown): void
  toEqual(expected: unknown): void
  toMatchObject(expected: object): void
}
