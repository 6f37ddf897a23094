/** Registers some cases of the contract with Vitest, by title, and leaves out the others. */
import { type SuiteAPI, type TestAPI, describe as vitestDescribe, test as vitestTest } from 'vitest'

/** What parts of the contract register their cases with. */
export interface Registrar {
  readonly describe: Pick<SuiteAPI, 'each'> & ((title: string, body: () => void) => void)
  readonly test: Pick<TestAPI, 'each'> & ((title: string, body: () => unknown) => void)
}

/** Registers every case. */
export const everyCase: Registrar = { describe: vitestDescribe, test: vitestTest }

/** A registrar of some cases. */
export interface ChosenCases extends Registrar {
  /** The titles that no case had. */
  missing(): readonly string[]
}

type Row = (body: (...row: never[]) => unknown) => void

/**
 * Registers the cases with these titles. A case in a group has the title of the group before its own. A table runs its first row, and its
 * title is that of the table, before Vitest writes the row into it.
 */
export function chosenCases(titles: readonly string[]): ChosenCases {
  const missing = new Set(titles)
  const path: string[] = []
  // Vitest takes an empty group for a mistake, so a group is registered once it is known to have a case.
  let pending: (() => void)[] | null = null

  function add(register: () => void): void {
    if (pending === null) register()
    else pending.push(register)
  }

  function describe(
    title: string,
    body: () => void,
    register: (group: () => void) => void = (group) => vitestDescribe(title, group),
  ): void {
    const outer = pending
    const own: (() => void)[] = []
    pending = own
    path.push(title)
    body()
    path.pop()
    pending = outer
    if (own.length === 0) return
    add(() =>
      register(() => {
        for (const each of own) each()
      }),
    )
  }

  function test(title: string, register: () => void): void {
    const whole = [...path, title].join(' ')
    if (!titles.includes(whole)) return
    missing.delete(whole)
    add(register)
  }

  const firstOf = (table: readonly unknown[]): readonly unknown[] => table.slice(0, 1)
  const argsOf = (table: readonly unknown[]): never[] => [table[0]].flat(1) as never[]
  return {
    describe: Object.assign((title: string, body: () => void) => describe(title, body), {
      each: ((table: readonly unknown[]) => (title: string, body: (...row: never[]) => void) =>
        describe(
          title,
          () => body(...argsOf(table)),
          (group) => vitestDescribe.each(firstOf(table))(title, group),
        )) as unknown as SuiteAPI['each'],
    }),
    test: Object.assign((title: string, body: () => unknown) => test(title, () => vitestTest(title, body as () => void)), {
      each: ((table: readonly unknown[]) => (title: string, body: Parameters<Row>[0]) =>
        test(title, () => vitestTest.each(firstOf(table))(title, body as () => void))) as unknown as TestAPI['each'],
    }),
    missing: () => [...missing],
  }
}
