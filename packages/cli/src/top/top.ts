/** `sluice top`: what the operators' page shows, in a terminal, from what running processes publish in Redis. */
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from '@sluice/core/internal'
import type { LiveView } from '@sluice/dashboard'
import { type Command, wrongArguments } from '../command.ts'
import { SLUICE_TOP, SluiceError } from '../errors.ts'
import { columnsOf, hasColours } from '../io.ts'
import { screenOf } from './screen.ts'

/** Milliseconds between two looks. */
const everyMs = 1000

/** The command. */
export const top: Command = {
  name: 'top',
  summary: 'watches the limits of running processes',
  usage: '[--once] [--plain-keys] [--prefix sluice]',
  about: `It shows what processes publish in Redis: each makes a live view with \`shared: redisLive(client)\`.
REDIS_URL names the Redis, with its password. Keys are shown as hashes.
On a terminal it looks once a second until Ctrl-C.`,
  options: {
    once: { type: 'boolean', help: 'look once, also on a terminal' },
    'plain-keys': { type: 'boolean', help: 'show keys as the limits count them, such as addresses' },
    prefix: { type: 'string', value: 'TEXT', help: 'the prefix that the processes gave redisLive (sluice)' },
  },
  async run({ positionals, flag, text }, io) {
    const url = io.env.REDIS_URL ?? ''
    if (positionals.length > 0) throw wrongArguments('top', 'it takes no argument beside its options; the Redis is in REDIS_URL')
    if (!/^rediss?:\/\//.test(url)) throw new SluiceError(SLUICE_TOP, { reason: 'REDIS_URL is no address of a Redis' })
    const { view, end } = await watch(url, { keys: flag('plain-keys') ? 'plain' : 'hashed', prefix: text('prefix') ?? 'sluice' })
    const isLive = io.stdout.isTTY === true && !flag('once')
    const look = { columns: columnsOf(io.stdout), hasColours: hasColours(io.stdout, io) }
    try {
      await view.refresh()
      if (!isLive) {
        io.stdout.write(`${screenOf(view.state(), look)}\n`)
        return 0
      }
      for (;;) {
        // The home of the cursor, and nothing below it.
        io.stdout.write(`\u001b[H\u001b[J${screenOf(view.state(), { ...look, columns: columnsOf(io.stdout) })}\n`)
        await sleep(everyMs)
        await view.refresh()
      }
    } finally {
      end()
    }
  },
}

/** A view of nothing but other processes, and how it ends. */
interface Watch {
  readonly view: LiveView
  end(): void
}

/**
 * Begins to watch. Its packages are loaded only here, because no other command needs them.
 * @throws SluiceError `SLUICE_TOP` where Redis cannot be reached
 */
async function watch(url: string, { keys, prefix }: { readonly keys: 'plain' | 'hashed'; readonly prefix: string }): Promise<Watch> {
  const [{ Redis }, { redisLive }, { createLiveView }] = await Promise.all([
    import('ioredis'),
    import('@sluice/redis'),
    import('@sluice/dashboard'),
  ])
  const client = new Redis(url)
  // What it suffers is said by the calls that fail.
  client.on('error', () => undefined)
  try {
    const shared = redisLive(client, { prefix })
    await shared.collect()
    const view = createLiveView({ keys, shared })
    const end = (): void => {
      view.close()
      client.disconnect()
    }
    return { view, end }
  } catch (cause) {
    client.disconnect()
    throw new SluiceError(SLUICE_TOP, { reason: reasonOf(cause) }, { cause })
  }
}
