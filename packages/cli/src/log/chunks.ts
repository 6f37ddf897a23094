/** The text of a log, from bytes that may be packed by gzip: bounded, and read as far as it goes. */
import { constants, createGunzip, type Gunzip } from 'node:zlib'
import { reasonOf } from '@sluice/core/internal'
import { SLUICE_LOG_SIZE, SluiceError } from '../errors.ts'

/** How far a log has been read. */
export interface Reading {
  /** Bytes of the file, packed as it is. */
  bytes: number
  /** Bytes of text. */
  unpackedBytes: number
  /** Why it ended before its end. @default undefined: it did not */
  stopped?: string
}

/**
 * The bytes of the text. A packed log that is cut or damaged ends where it breaks off, and `reading.stopped` says why.
 * @param mostBytes - text that a packed log may hold, so that a small file cannot keep the command busy for hours
 * @throws SluiceError `SLUICE_LOG_SIZE` where it holds more
 */
export async function* textBytes(source: AsyncIterable<Uint8Array>, reading: Reading, mostBytes: number): AsyncGenerator<Uint8Array> {
  let unpacking: Unpacking | undefined
  for await (const chunk of untilItFails(source, reading)) {
    if (reading.bytes === 0 && chunk[0] === 0x1f && (chunk.length === 1 || chunk[1] === 0x8b)) unpacking = unpack(mostBytes)
    reading.bytes += chunk.length
    for (const text of unpacking === undefined ? [chunk] : await unpacking.add(chunk)) {
      reading.unpackedBytes += text.length
      yield text
    }
    if (unpacking?.failure !== undefined) break
  }
  for (const text of (await unpacking?.end()) ?? []) {
    reading.unpackedBytes += text.length
    yield text
  }
  const failure = unpacking?.failure
  if (failure instanceof SluiceError) throw failure
  if (failure !== undefined) reading.stopped ??= /unexpected end/.test(failure.message) ? 'the packed log is cut off' : reasonOf(failure)
}

/** What a source gives until it fails. A failure before the first byte is the caller's. */
async function* untilItFails(source: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) if (chunk.length > 0) yield chunk
  } catch (cause) {
    if (reading.bytes === 0) throw cause
    reading.stopped = reasonOf(cause)
  }
}

interface Unpacking {
  /** Why nothing more comes. */
  readonly failure: Error | undefined
  /** The text that this much of the packed log brings. */
  add(chunk: Uint8Array): Promise<readonly Uint8Array[]>
  end(): Promise<readonly Uint8Array[]>
}

/** Unpacks piece by piece, so that what came before a failure is not lost. */
function unpack(mostBytes: number): Unpacking {
  const gunzip: Gunzip = createGunzip({ chunkSize: 256 * 1024, finishFlush: constants.Z_FINISH })
  let texts: Uint8Array[] = []
  let bytes = 0
  let failure: Error | undefined
  const closed = new Promise<void>((resolve) => gunzip.once('close', resolve))
  gunzip.on('error', (error) => {
    failure ??= error
  })
  gunzip.on('data', (text: Uint8Array) => {
    bytes += text.length
    if (bytes > mostBytes) gunzip.destroy(new SluiceError(SLUICE_LOG_SIZE, { mostMiB: mostBytes / 2 ** 20 }))
    else texts.push(text)
  })
  const taken = (): readonly Uint8Array[] => {
    const ready = texts
    texts = []
    return ready
  }
  return {
    get failure() {
      return failure
    },
    async add(chunk) {
      await Promise.race([closed, new Promise((resolve) => gunzip.write(chunk, resolve))])
      return taken()
    },
    async end() {
      if (failure === undefined) gunzip.end()
      await closed
      return taken()
    },
  }
}
