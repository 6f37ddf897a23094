/** A log, read line by line to its end, or as far as it goes. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Arguments, wrongArguments } from '../command.ts'
import { counted } from '../counted.ts'
import { SLUICE_LOG_EMPTY, SluiceError } from '../errors.ts'
import { printable } from '../escape.ts'
import type { Io } from '../io.ts'
import { type Reading, textBytes } from '../log/chunks.ts'
import { linesOf } from '../log/lines.ts'
import type { LogRequest } from '../log/request-reader.ts'
import { fileError } from '../policy-limits.ts'
import type { SimulationResult } from '../simulation-result.ts'
import type { InOrder } from './in-order.ts'
import { progressBar } from './progress.ts'

/** Lines that are no requests and are quoted. */
const mostExamples = 3

/** A log and what becomes of it. */
export interface LogToRead {
  /** `-` is standard input. */
  readonly path: string
  readonly args: Arguments
  readonly io: Io
  /** From a line to a request; `undefined` for a line that is none. */
  read(line: string): LogRequest | undefined
  readonly ordered: InOrder
}

/** Reads all lines. @throws SluiceError `SLUICE_FILE`, `SLUICE_LOG_SIZE`, `SLUICE_LOG_EMPTY` */
export async function readLog({ path, args, io, read, ordered }: LogToRead): Promise<SimulationResult['log']> {
  const mostBytes = mostUnpacked(args)
  const size = path === '-' ? undefined : await sizeOf(path)
  const reading: Reading = { bytes: 0, unpackedBytes: 0 }
  const bar = progressBar(io.stderr, Date.now)
  const seen = seenLines(read, ordered)
  const source: AsyncIterable<Uint8Array> = path === '-' ? io.stdin : createReadStream(path, { highWaterMark: 256 * 1024 })
  try {
    for await (const { lines, cut } of linesOf(textBytes(source, reading, mostBytes))) {
      const understood = seen.add(lines)
      if (cut && !understood) reading.stopped ??= `the log ends in the middle of line ${seen.lines}`
      bar.show(size === undefined ? undefined : reading.bytes / size, seen.lines)
    }
  } catch (cause) {
    throw cause instanceof SluiceError ? cause : fileError(path, cause)
  } finally {
    bar.end()
  }
  ordered.end()
  const { lines, unreadable, examples, fromMs, toMs } = seen
  if (lines === unreadable)
    throw new SluiceError(SLUICE_LOG_EMPTY, { path, lines, reason: examples.length === 0 ? '' : `The first is: ${examples[0]}` })
  const { stopped, unpackedBytes } = reading
  return {
    path,
    lines,
    unreadable,
    examples,
    late: ordered.late,
    stopped: stopped === undefined ? null : `${stopped}, after ${counted(lines)} lines and ${counted(unpackedBytes)} bytes of text`,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  }
}

interface SeenLines {
  lines: number
  unreadable: number
  fromMs: number
  toMs: number
  readonly examples: string[]
  /** @returns whether the last of these lines is a request */
  add(lines: readonly string[]): boolean
}

function seenLines(read: LogToRead['read'], ordered: InOrder): SeenLines {
  const seen: SeenLines = {
    lines: 0,
    unreadable: 0,
    fromMs: Number.POSITIVE_INFINITY,
    toMs: 0,
    examples: [],
    add(lines) {
      let understood = false
      for (const line of lines) {
        seen.lines++
        const request = read(line)
        understood = request !== undefined
        if (request === undefined) {
          seen.unreadable++
          if (seen.examples.length < mostExamples) seen.examples.push(printable(line, 120))
          continue
        }
        if (request.timeMs < seen.fromMs) seen.fromMs = request.timeMs
        if (request.timeMs > seen.toMs) seen.toMs = request.timeMs
        ordered.add(request)
      }
      return understood
    },
  }
  return seen
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** @throws SluiceError `SLUICE_ARGUMENTS` */
function mostUnpacked(args: Arguments): number {
  const text = args.text('max-unpacked') ?? '16384'
  if (!/^[1-9]\d{0,7}$/.test(text)) throw wrongArguments('simulate', `--max-unpacked takes a whole number of MiB, and not ${text}`)
  return Number(text) * 2 ** 20
}
