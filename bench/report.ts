/** A result on the screen and in a file. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Claim, Result } from './result.ts'

/** Prints the table and the claims, and writes them with what is needed to repeat them into a folder of the benchmarks. */
export function report(name: string, result: Result, folderName: 'last' | 'results'): void {
  const rounds = result.rounds === undefined ? '' : `, ${result.rounds} interleaved rounds`
  console.log(`\n${name}: ${result.unit}${rounds}\n`)
  console.log(tableOf(result.rows))
  console.log(`\n${result.claims.map(line).join('\n')}`)
  const machine = {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
  }
  const folder = new URL(`../${folderName}/`, import.meta.url)
  mkdirSync(folder, { recursive: true })
  const text = JSON.stringify(
    { name, ...result, claims: result.claims.map((claim) => ({ ...claim, holds: holds(claim) })), machine },
    null,
    2,
  )
  writeFileSync(new URL(`${name.replaceAll(' ', '-')}.json`, folder), `${text}\n`)
}

function holds({ measured, atMost }: Claim): boolean {
  return measured <= atMost
}

function line(claim: Claim): string {
  return `${holds(claim) ? 'holds' : 'FAILS'}  ${claim.text}: ${claim.measured} (at most ${claim.atMost})`
}

function tableOf(rows: readonly object[]): string {
  const cells = [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row).map((value) => String(value ?? '')))]
  const widths = cells[0]!.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)))
  return cells.map((row) => row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ')).join('\n')
}
