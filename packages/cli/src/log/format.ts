/** Lines in a format of nginx: what stands between the variables is found, and what stands there is their text. */
import { wrongArguments } from '../command.ts'

/** The variables of one line that were asked for; `undefined` for one that the line lacks. */
export type LineReader = (line: string) => readonly (string | undefined)[] | undefined

/** The formats that are known without `--format`, the longest first. */
export const combined = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
export const common = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'

/** The variables of a format, in order. */
export function variablesOf(format: string): readonly string[] {
  return [...format.matchAll(/\$(\w+)/g)].map(([, name]) => name!)
}

/**
 * A reader of lines in a format. Text after the format is left out.
 * @param wanted - names of variables, each without its `$`
 * @throws SluiceError `SLUICE_ARGUMENTS` where nothing stands between two variables
 */
export function formatReader(format: string, wanted: readonly string[]): LineReader {
  const variables = variablesOf(format)
  const [start = '', ...between] = format.split(/\$\w+/)
  const gap = between.slice(0, -1).indexOf('')
  if (gap >= 0 || variables.length === 0) {
    const reason =
      variables.length === 0
        ? '--format names no variable'
        : `nothing stands between $${variables[gap]} and $${variables[gap + 1]} in --format`
    throw wrongArguments('simulate', reason)
  }
  const places = variables.map((name) => wanted.indexOf(name))
  return (line) => {
    if (!line.startsWith(start)) return undefined
    const values = new Array<string | undefined>(wanted.length).fill(undefined)
    let at = start.length
    for (let i = 0; i < places.length; i++) {
      const after = between[i]!
      const end = after === '' ? endOfLine(line) : endOf(line, after, at)
      if (end < 0) return undefined
      const place = places[i]!
      if (place >= 0) values[place] = line.slice(at, end)
      at = end + after.length
    }
    return values
  }
}

/** Where a text stands. Apache writes a quote inside of quotes as `\"`, which ends nothing. */
function endOf(line: string, text: string, from: number): number {
  let end = line.indexOf(text, from)
  if (text.charCodeAt(0) !== 0x22) return end
  while (end > 0 && line.charCodeAt(end - 1) === 0x5c && !isEscapedBackslash(line, end - 1)) end = line.indexOf(text, end + 1)
  return end
}

function isEscapedBackslash(line: string, at: number): boolean {
  let count = 0
  while (line.charCodeAt(at - count) === 0x5c) count++
  return count % 2 === 0
}

/** The last variable of a format ends with its word: fields may follow. */
function endOfLine(line: string): number {
  return line.endsWith('\r') ? line.length - 1 : line.length
}
