/** `sluice simulate`: a policy, tried on an access log in the time of the log. */
import { writeFile } from 'node:fs/promises'
import { type Arguments, type Command, wrongArguments } from '../command.ts'
import { SluiceError } from '../errors.ts'
import { printable } from '../escape.ts'
import { hasColours, type Io } from '../io.ts'
import { hasTime, type LogRequest, requestReader } from '../log/request-reader.ts'
import { fileError, type PolicyLimit, policyLimits, readText } from '../policy-limits.ts'
import { htmlReport } from '../report/html.ts'
import { textReport } from '../report/text.ts'
import type { SimulationResult } from '../simulation-result.ts'
import { inOrder } from './in-order.ts'
import { keyAt, keyInWords, keysOf } from './keys.ts'
import { readLog } from './read-log.ts'
import { replay } from './replay.ts'
import { shareOfText, suggesting } from './suggest.ts'

/** Keys and routes of each list. */
const mostListed = 10

/** The command. */
export const simulate: Command = {
  name: 'simulate',
  summary: 'tries a policy on an access log: who would have been refused, when and where',
  usage: "policy.json access.log --key 'LIMIT=$variable'",
  about: `The log is in the combined format of nginx and Apache, in one that --format says, or has a JSON
object in each line. It may be packed by gzip. "-" reads standard input.

  sluice simulate policy.json access.log --key 'ip=$remote_addr' --key 'user=$http_x_user'

A limit without --key counts by $remote_addr. 'all=everyone' counts all requests together, and
'both=$remote_addr,$request_method' by two variables. A limit does not apply to a line that lacks one.`,
  options: {
    key: { type: 'string', multiple: true, value: "'LIMIT=$variable'", help: 'what a limit counts by; once for each limit' },
    format: { type: 'string', value: 'FORMAT', help: 'how a line looks, as log_format of nginx says it' },
    suggest: {
      type: 'string',
      value: '1%',
      help: 'try twelve capacities of each limit, and name the smallest that refuses at most so much',
    },
    json: { type: 'boolean', help: 'print the result as JSON' },
    html: { type: 'string', value: 'FILE', help: 'write a report as one HTML file' },
    'max-unpacked': { type: 'string', value: 'MIB', help: 'the most text that a packed log may hold, in MiB; 16384 if left out' },
  },
  async run(args, io) {
    const [policyPath, logPath, ...others] = args.positionals
    if (policyPath === undefined || logPath === undefined || others.length > 0)
      throw wrongArguments('simulate', 'it takes one policy and one log')
    const text = await readText(policyPath)
    try {
      const result = await simulation(text, logPath, args, io)
      await report(result, args, io)
      return 0
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'SLUICE_POLICY') throw error
      io.stderr.write(`${printable(error.message)}\n`)
      return 1
    }
  },
}

async function report(result: SimulationResult, args: Arguments, io: Io): Promise<void> {
  const path = args.text('html')
  if (path !== undefined) {
    await writeFile(path, htmlReport(result)).catch((cause: unknown) => {
      throw fileError(path, cause)
    })
  }
  if (args.flag('json')) io.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else io.stdout.write(`${textReport(result, io.stdout, hasColours(io.stdout, io))}\n`)
}

async function simulation(text: string, path: string, args: Arguments, io: Io): Promise<SimulationResult> {
  const { parsed, limits: all, inCode } = policyLimits<LogRequest>(text, () => () => '')
  const leftOut = [
    ...inCode.map((name) => ({ name, reason: 'only your code has its rule' })),
    ...all.flatMap((one) =>
      reasonToLeaveOut(one, inCode) === undefined ? [] : [{ name: one.limit.name, reason: reasonToLeaveOut(one, inCode)! }],
    ),
  ]
  const tried = all.filter(({ limit }) => !leftOut.some(({ name }) => name === limit.name))
  const names = tried.map(({ limit }) => limit.name)
  if (names.length === 0) throw parsed.refusal({}, 'no limit of the policy can be tried on a log')
  const keys = keysOf(names, args.texts('key'))
  const limits = tried.map(({ limit }, place) => ({ ...limit, by: keyAt(place) }))
  const share = args.text('suggest') === undefined ? undefined : shareOfText(args.text('suggest')!)
  const trials = share === undefined ? undefined : suggesting(parsed.document, limits)
  const tally = replay(limits)
  const ordered = inOrder((request) => {
    tally.add(request)
    trials?.add(request)
  })
  const log = await readLog({ path, args, io, read: readerOf(args, [...keys.values()]), ordered })
  const { minutes } = tally
  return {
    policyVersion: parsed.document.version,
    log,
    requests: tally.requests,
    refused: tally.refused,
    limits: tally.limits.map(({ applied, refused, keys: busy, refusedKeys }, at) => ({
      name: names[at]!,
      countedBy: keyInWords(keys.get(names[at]!)!),
      shadow: limits[at]!.shadow ?? false,
      applied,
      refused,
      busiestKeys: busy.top(mostListed),
      refusedKeys: refusedKeys.top(mostListed),
      keysMissed: Math.max(busy.missed, refusedKeys.missed),
      refusedPerStep: minutes.of(2 + at),
    })),
    leftOut: [
      ...leftOut,
      ...tally.overflowing().map((name) => ({ name, reason: 'not left out, but more than a million keys at once shared buckets' })),
    ],
    busiestRoutes: tally.routes.top(mostListed),
    refusedRoutes: tally.refusedRoutes.top(mostListed),
    steps: { from: new Date(minutes.fromMs).toISOString(), stepMs: minutes.stepMs, requests: minutes.of(0), refused: minutes.of(1) },
    ...(share === undefined ? {} : { suggestFor: share, suggestions: trials!.suggestions(share) }),
  }
}

function reasonToLeaveOut({ limit, rule, share }: PolicyLimit<LogRequest>, inCode: readonly string[]): string | undefined {
  if (share !== undefined && inCode.includes(share.parent)) return `only your code has the rule of ${share.parent}`
  if (rule?.kind === 'concurrency') return 'a log does not say how long each request was in flight'
  return limit.rule === undefined ? 'it has no rule' : undefined
}

function readerOf(args: Arguments, keys: readonly (readonly string[])[]): ReturnType<typeof requestReader> {
  const format = args.text('format')
  if (format !== undefined && !hasTime(format)) throw wrongArguments('simulate', '--format has no time, such as $time_local')
  return requestReader(keys, format)
}
