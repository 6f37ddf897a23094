/** A store in a SQLite file, which all processes of one machine share. */
import { type LockedStoreOptions, lockedStore, type Store } from '@sluice/core'
import sqlite from 'node-sqlite3-wasm'

const schema = 'CREATE TABLE IF NOT EXISTS sluice (key TEXT PRIMARY KEY, text TEXT NOT NULL, expires_at INTEGER) WITHOUT ROWID'

export function sqliteStore(file: string, options: Omit<LockedStoreOptions, 'transaction' | 'close'>): Store {
  const database = new sqlite.Database(file)
  database.exec(`PRAGMA busy_timeout = 5000; ${schema}`)
  const sweep = setInterval(() => database.run('DELETE FROM sluice WHERE expires_at < ?', Date.now()), 60_000)
  sweep.unref()

  return lockedStore({
    ...options,
    transaction({ lock, read }, decide) {
      const keys = [...lock, ...read]
      // SQLite locks the whole file, so that no row needs a lock of its own.
      database.exec(lock.length > 0 ? 'BEGIN IMMEDIATE' : 'BEGIN')
      try {
        const found = database.all(`SELECT key, text FROM sluice WHERE key IN (${keys.map(() => '?').join()})`, keys)
        const rows = found.map(({ key, text }) => ({ key: key as string, text: text as string }))
        for (const { key, text, expiresAtMs } of decide(rows)) {
          database.run('INSERT OR REPLACE INTO sluice VALUES (?, ?, ?)', [key, text, expiresAtMs])
        }
        database.exec('COMMIT')
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
    close() {
      clearInterval(sweep)
      database.close()
    },
  })
}
