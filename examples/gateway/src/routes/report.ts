// The report over all clients.
import type { FastifyInstance } from 'fastify'
import type { ReportStore } from '../stores/report-store.ts'

export async function reportRoutes(
  app: FastifyInstance,
  { reports }: { readonly reports: ReportStore },
): Promise<void> {
  app.get<{ Querystring: { limit: string } }>('/api/report', { schema: { querystring: reportQuery } }, (request) =>
    reports.top(Number(request.query.limit)),
  )
}

const reportQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { limit: { type: 'string', pattern: '^([1-9]\\d?|100)$', default: '20' } },
}
