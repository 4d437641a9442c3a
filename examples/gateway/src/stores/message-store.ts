// Messages: numbered per session from 1, without gaps, however many are posted at once.
import type { Database } from '../database.ts'

export type Message = {
  readonly id: string
  readonly seq: number
  readonly text: string
  readonly createdAt: Date
}

export type MessageStore = ReturnType<typeof messageStore>

export function messageStore(database: Database) {
  return {
    /** Undefined if the session has ended. */
    async add(sessionId: string, text: string): Promise<Pick<Message, 'id' | 'seq'> | undefined> {
      const { rows } = await database.query<Pick<Message, 'id' | 'seq'>>(
        `with numbered as (
           update sessions set last_seq = last_seq + 1 where id = $1 and expires_at > now() returning id, last_seq
         )
         insert into messages (session_id, seq, text) select id, last_seq, $2 from numbered returning id, seq`,
        [sessionId, text],
      )
      return rows[0]
    },

    /** The messages behind `after`, in order. */
    async list(sessionId: string, after: number, limit: number): Promise<readonly Message[]> {
      const { rows } = await database.query<Message>(
        `select id, seq, text, created_at as "createdAt" from messages
         where session_id = $1 and seq > $2 order by seq limit $3`,
        [sessionId, after, limit],
      )
      return rows
    },
  }
}
