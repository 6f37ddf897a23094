/** The page of error codes: one entry for each code of each package, made of its text and of the reason. */
import type { CodeText } from '../../packages/core/src/sluice-error.ts'
import { reasons } from './reasons.ts'

/** The codes of a package, as its `errors.ts` exports them. */
export interface CodesOfPackage {
  /** `@sluice/core`. */
  readonly name: string
  readonly codes: readonly CodeText[]
}

const introduction = `# Error codes

<!-- Written by \`pnpm docs:errors\`, from the errors.ts of each package and from scripts/error-codes/reasons.ts. -->

Every error of sluice is a \`SluiceError\`. Branch on its \`code\`, which is stable. Texts may change. \`facts\` has the values, for your
logs, with secrets redacted. A refused request is never an error, but a decision.

A code is thrown at start-up, thrown or given to \`onFault\` while a request is served, or printed as a warning. A warning has the name
\`SluiceWarning\` and appears once. With \`observe\`, faults and outages go to your listener, and are not printed.

An error of a request has a fixed message without names and values, because frameworks send messages to clients.`

/** The whole page. */
export function errorPage(packages: readonly CodesOfPackage[]): string {
  const parts = packages.flatMap(({ name, codes }) => [`## ${name}`, ...codes.map(entryOf)])
  return `${[introduction, ...parts].join('\n\n')}\n`
}

function entryOf({ code, message, full = message, hint, request }: CodeText): string {
  const happens = request ? ' It can happen while a request is served.' : ''
  return [
    `### ${code}`,
    `**Meaning.** ${sentence(full)}${happens}`,
    `**Why.** ${reasons[code] ?? ''}`,
    `**What to do.** ${sentence(hint)}`,
  ].join('\n\n')
}

/** A text of a table as a sentence of the page. Each place stands as the name of its fact. */
function sentence(text: string): string {
  const named = text.replace(/`[^`]*`|\{(\w+)\}/g, (found, name?: string) => (name === undefined ? found : `*${wordsOf(name)}*`))
  const begun = named.charAt(0).toUpperCase() + named.slice(1)
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

/** `timeoutMs` is `timeout in ms`. */
function wordsOf(name: string): string {
  return name.replace(/Ms$/, ' in ms').replace(/([a-z])([A-Z])/g, '$1 $2')
}
