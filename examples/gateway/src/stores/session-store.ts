// Sessions: opened for a while, found by id and token, ended with their messages.
import type { Database } from '../database.ts'
import { hashOf, newToken, sameSecret } from '../secret.ts'

export type Session = { readonly id: string; readonly createdAt: Date; readonly expiresAt: Date }
export type OpenedSession = Session & { readonly token: string }

export type SessionStore = ReturnType<typeof sessionStore>

const columns = 'id, created_at as "createdAt", expires_at as "expiresAt"'

export function sessionStore(database: Database, lifetime: number) {
  return {
    async open(): Promise<OpenedSession> {
      const token = newToken()
      const { rows } = await database.query<Session>(
        `insert into sessions (token_hash, expires_at) values ($1, now() + $2 * interval '1 ms') returning ${columns}`,
        [hashOf(token), lifetime],
      )
      return { ...(rows[0] as Session), token }
    },

    /** `'unknown'`: there is none, or it is over; `'stranger'`: the token is that of another. */
    async find(id: string, token: string): Promise<Session | 'unknown' | 'stranger'> {
      const { rows } = await database.query<Session & { tokenHash: Buffer }>(
        `select ${columns}, token_hash as "tokenHash" from sessions where id = $1 and expires_at > now()`,
        [id],
      )
      const found = rows[0]
      if (!found) return 'unknown'
      const { tokenHash, ...session } = found
      return sameSecret(hashOf(token), tokenHash) ? session : 'stranger'
    },

    async end(id: string): Promise<void> {
      await database.query('delete from sessions where id = $1', [id])
    },
  }
}
