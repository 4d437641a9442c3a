// Events of the payment provider, each kept once.
import type { Database } from '../database.ts'

export type WebhookEvent = { readonly id: string; readonly type: string }

export type WebhookStore = ReturnType<typeof webhookStore>

export function webhookStore(database: Database) {
  return {
    /** False if it was there already. */
    async add(event: WebhookEvent): Promise<boolean> {
      const { rowCount } = await database.query(
        'insert into webhook_events (id, type, body) values ($1, $2, $3) on conflict do nothing',
        [event.id, event.type, event],
      )
      return rowCount === 1
    },
  }
}
