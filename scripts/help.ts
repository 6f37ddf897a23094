/** How each command of the workspace is used. Every one of them answers `--help` with its entry. */

/** The commands that are programs of this workspace. `test`, `nightly`, `format` and `changeset` show the help of what they start. */
export const usages = {
  demo: `demo [--redis | --dashboard]

  (nothing)     shows on real servers what sluice does, in about a minute
  --redis       also shows two processes that share one bucket in Redis
  --dashboard   starts an API whose users see their quota, with traffic`,
  example: `example <name>

  Runs a server of examples/ until Ctrl-C, and says what to type next. Without a name it lists the names. PORT is 3000 by default.`,
  'test:compat': `test:compat [word...]

  Packs the packages, and lets Node, Jest, TypeScript, bundlers and runtimes load them. With words, only the consumers whose names
  contain one of them: test:compat jest next`,
  build: `build

  Type-checks the packages and writes what each one publishes into its dist.`,
  check: `check [name...] [path...]

  Runs every check, or those that are named: types, lint, dead-code, architecture, docs, publishable, prose.
  A path goes with prose: check prose packages/core/src/rules`,
  docs: `run docs

  Serves the site at http://localhost:5173/sluice/, and shows each change of a page. pnpm itself has a command docs, hence the "run".`,
  'docs:build': `docs:build

  Builds the site into reports/docs. It fails where a link is dead or a comment of the API has a mistake.`,
  'docs:errors': `docs:errors

  Writes docs/errors.md from the error codes of the packages and the reasons in scripts/error-codes.`,
  manifests: `manifests

  Writes what all packages have alike into each package.json, after a new package or entry point.`,
  bench: `bench <name> [--record]

  Runs a benchmark beside other libraries: decide, memory, platform, redis, http, egress, overload, race.
  --record writes the figures that the documents quote. bench race takes --trace FILE.csv, --html FILE, --requests and --tokens.`,
  'bench:ab': `bench:ab <revision> [word...]

  Is the working tree slower than the revision? With words, only the rows that contain all of them: bench:ab main fastify
  SLUICE_AB_PAIRS is the number of pairs of runs, by default 10.`,
  soak: `soak [minutes] [seed]

  Runs failures in every stage on every adapter for 10 minutes, and fails if a request left something behind.`,
  mutate: `mutate [file...]

  Changes the deciders in small ways, one at a time, and shows which changes no test notices. That takes minutes for each file.`,
  numbers: `numbers

  Counts what there is to read, to bundle and to install.`,
  release: `release [--dry-run]

  Publishes the packages. Only the workflow of a release can do it. --dry-run says what would be published.`,
} as const satisfies Readonly<Record<string, string>>

/** A command of the workspace. */
export type CommandName = keyof typeof usages

/** Prints how a command is used. */
export function printUsage(name: CommandName): void {
  console.log(`Usage: npx -y pnpm@12.21.0 ${usages[name]}`)
}

/** Prints how a command is used and ends the process, if that is what its options ask for. */
export function answerHelp(name: CommandName): void {
  if (!process.argv.slice(2).some((option) => option === '--help' || option === '-h')) return
  printUsage(name)
  process.exit(0)
}
