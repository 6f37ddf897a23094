/** What programs of documents are tried with, by the name of the program, and what is then seen. */
import { frameworks } from './checks/frameworks.ts'
import { guides } from './checks/guides.ts'
import { howDoI } from './checks/how-do-i.ts'

/** A program that runs. */
export interface Running {
  /** Of its server; empty where it has none. */
  readonly url: string
  readonly exports: Readonly<Record<string, unknown>>
  /** What it has printed so far. */
  readonly printed: readonly string[]
  readonly fetch: typeof fetch
}

/** One trial. What it sees goes through JSON. */
export interface Check {
  see(program: Running): Promise<unknown>
  readonly seen: unknown
}

/** All trials. */
export const checks: Readonly<Record<string, Check>> = { ...frameworks, ...guides, ...howDoI }
