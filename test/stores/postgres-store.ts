/** A store in PostgreSQL, which all processes share. */
import { type LockedStoreOptions, lockedStore, type Store } from '@sluice/core'
import type { Pool } from 'pg'

export const schema = 'CREATE TABLE IF NOT EXISTS sluice (key text COLLATE "C" PRIMARY KEY, text text NOT NULL, expires_at bigint)'

const lockAll = 'SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key'
const readAll = `SELECT key, text, extract(epoch FROM clock_timestamp())::float8 * 1000 AS now
  FROM unnest($1::text[]) AS asked (key) LEFT JOIN sluice USING (key)`
const writeAll = `INSERT INTO sluice SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
  ON CONFLICT (key) DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at`

export function postgresStore(pool: Pool, options: Omit<LockedStoreOptions, 'transaction'>): Store {
  return lockedStore({
    ...options,
    async transaction({ lock, read }, decide) {
      const client = await pool.connect()
      let broken = true
      try {
        await client.query('BEGIN')
        // A row that does not exist yet cannot be locked, so each key has a lock of its own.
        await client.query(lockAll, [lock])
        const { rows } = await client.query<{ key: string; text: string | null; now: number }>(readAll, [[...lock, ...read]])
        const found = rows.flatMap(({ key, text }) => (text === null ? [] : [{ key, text }]))
        const changed = decide(found, rows[0]?.now)
        if (changed.length > 0) {
          const columns = [changed.map(({ key }) => key), changed.map(({ text }) => text), changed.map((row) => row.expiresAtMs)]
          await client.query(writeAll, columns)
        }
        await client.query('COMMIT')
        broken = false
      } finally {
        // A connection that has failed is closed, which rolls its transaction back.
        client.release(broken)
      }
    },
  })
}
