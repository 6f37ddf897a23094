export type { CliCode } from './errors.ts'
export type { Io, Output } from './io.ts'
export { main } from './main.ts'
