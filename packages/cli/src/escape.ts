/** Text of strangers, such as a line of a log, made harmless where it is shown. */

/** What steers a terminal or hides text: control characters, marks that turn the direction of writing, halves of characters. */
const steering = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * The text with its control characters written out, so that a terminal shows them and does not obey: ESC is `\x1b`.
 * @param most - characters that are kept; a longer text ends with `...`
 */
export function printable(text: string, most: number = 2000): string {
  const start = text.length > most ? `${text.slice(0, Math.max(0, most - 3))}...` : text
  return start.replace(steering, written)
}

function written(character: string): string {
  const code = character.codePointAt(0)!
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** The text as HTML shows it, in elements and in quoted attributes. */
export function html(text: string, most?: number): string {
  return printable(text, most).replace(/[&<>"']/g, (character) => entities[character]!)
}
