// Money moved between the budgets of two projects.
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../refusal.ts'
import type { ProjectStore, Transfer } from '../stores/project-store.ts'
import { cents } from './projects.ts'

export async function transferRoutes(
  app: FastifyInstance,
  { projects }: { readonly projects: ProjectStore },
): Promise<void> {
  app.post<{ Body: Transfer }>('/api/transfers', { schema: { body: newTransfer } }, async (request) => {
    if (request.body.from === request.body.to) throw new Refusal(400, 'from and to: expected two different projects')
    return projects.transfer(request.body)
  })
}

const projectId = { type: 'integer', minimum: 1, maximum: 999_999_999 }

const newTransfer = {
  type: 'object',
  required: ['from', 'to', 'amountCents'],
  additionalProperties: false,
  properties: { from: projectId, to: projectId, amountCents: { ...cents, minimum: 1 } },
}
