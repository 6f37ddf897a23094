/** A policy in a file. */
import { type FSWatcher, unwatchFile, watch, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { PolicySource } from './policy-source.ts'

/** Milliseconds in which several changes count as one: editors write a file in several steps. */
const settleMs = 50
/** Milliseconds between looks at the file: where the system tells of no change, or of one of a link on the way to it. */
const lookMs = 500

/**
 * A file that is watched. The folder is watched rather than the file, because careful writers replace a file and never write into it.
 * @param path - of the JSON document
 * @example
 * ```ts
 * await followPolicy({ limiter, limits, source: policyFile('policy.json') })
 * ```
 */
export function policyFile(path: string): PolicySource {
  return {
    read: () => readFile(path, 'utf8'),
    watch(changed) {
      let timer: NodeJS.Timeout | undefined
      const soon = (): void => {
        clearTimeout(timer)
        timer = setTimeout(changed, settleMs)
      }
      const watcher = watchFolder(path, soon)
      watchFile(path, { persistent: false, interval: lookMs }, soon)
      return () => {
        clearTimeout(timer)
        watcher?.close()
        unwatchFile(path, soon)
      }
    },
  }
}

/** Tells of changes at once; without it, where the system has no watchers left, looking is enough. */
function watchFolder(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(path)) changed()
    })
    return watcher.on('error', () => watcher.close())
  } catch {
    return undefined
  }
}
