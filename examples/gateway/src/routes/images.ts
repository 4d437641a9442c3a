// The routes of image jobs: taken in with 202, one or many, and looked at until they are over.
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { imageRequest } from '../image-request.ts'
import type { Reception } from '../reception.ts'
import { Refusal } from '../refusal.ts'
import type { ImageRequest, JobStore } from '../stores/job-store.ts'

export type ImageRoutesOptions = { readonly jobs: JobStore; readonly reception: Reception }

export async function imageRoutes(app: FastifyInstance, { jobs, reception }: ImageRoutesOptions): Promise<void> {
  app.post<{ Body: ImageRequest }>('/api/images', { schema: { body: imageRequest } }, async (request, reply) => {
    const [id] = await reception.take([request.body])
    reply.code(202).header('location', `/api/images/${id}`)
    return { id }
  })

  app.get<{ Params: { id: string } }>('/api/images/:id', { schema: { params: uuid } }, async (request) => {
    const job = await jobs.find(request.params.id)
    if (!job) throw new Refusal(404, 'no such job')
    return job
  })

  app.post<{ Body: { images: ImageRequest[] } }>(
    '/api/batches',
    { schema: { body: newBatch } },
    async (request, reply) => {
      const id = randomUUID()
      const jobIds = await reception.take(request.body.images, id)
      reply.code(202).header('location', `/api/batches/${id}`)
      return { id, jobIds }
    },
  )

  app.get<{ Params: { id: string } }>('/api/batches/:id', { schema: { params: uuid } }, async (request) => {
    const batch = await jobs.findBatch(request.params.id)
    if (!batch) throw new Refusal(404, 'no such batch')
    return batch
  })
}

const uuid = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' } },
}

const newBatch = {
  type: 'object',
  required: ['images'],
  additionalProperties: false,
  properties: { images: { type: 'array', minItems: 1, maxItems: 100, items: imageRequest } },
}
