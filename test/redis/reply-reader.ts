/** Reads the replies of RESP 2 from what arrives on a socket. */

const unfinished = Symbol('unfinished')

/** @param heard - called with each reply; an error reply is an `Error` */
export function replyReader(heard: (reply: unknown) => void): (chunk: Buffer) => void {
  let bytes: Buffer = Buffer.alloc(0)
  let at = 0

  function line(): string | typeof unfinished {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return unfinished
    const text = bytes.toString('utf8', at, end)
    at = end + 2
    return text
  }

  function one(): unknown {
    const text = line()
    if (text === unfinished) return unfinished
    const rest = text.slice(1)
    if (text[0] === ':') return Number(rest)
    if (text[0] === '-') return new Error(rest)
    if (text[0] === '+') return rest
    const length = Number(rest)
    if (length < 0) return null
    return text[0] === '$' ? bulk(length) : list(length)
  }

  function bulk(length: number): string | typeof unfinished {
    if (bytes.length < at + length + 2) return unfinished
    const text = bytes.toString('utf8', at, at + length)
    at += length + 2
    return text
  }

  function list(length: number): unknown {
    const items: unknown[] = []
    while (items.length < length) {
      const item = one()
      if (item === unfinished) return unfinished
      items.push(item)
    }
    return items
  }

  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    for (;;) {
      at = 0
      const reply = bytes.length === 0 ? unfinished : one()
      if (reply === unfinished) return
      bytes = bytes.subarray(at)
      heard(reply)
    }
  }
}
