/** Names for holds that no two processes give twice. */
import { randomBytes } from 'node:crypto'

const own = randomBytes(9).toString('base64url')
let count = 0

/** A new name, of some fifteen characters. */
export function holdId(): string {
  count += 1
  return `${own}${count.toString(36)}`
}
