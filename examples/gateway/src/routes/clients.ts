// The routes of clients: create, read, update, delete, and many at once.
import type { FastifyInstance } from 'fastify'
import type { Cache } from '../cache.ts'
import { type NumberId, numberId } from '../number-id.ts'
import { type PageQuery, pageAsked, pageOf, pageQuery } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import type { Client, ClientChange, ClientStore, NewClient, NewClientWithProjects } from '../stores/client-store.ts'
import { newProject, text } from './projects.ts'

export type ClientRoutesOptions = {
  readonly clients: ClientStore
  readonly cache: Cache<Client>
}

export async function clientRoutes(app: FastifyInstance, options: ClientRoutesOptions): Promise<void> {
  const { clients, cache } = options
  const find = async (id: string) => {
    const client = await clients.find(Number(id))
    if (!client) throw new Refusal(404, 'no such client')
    return client
  }

  app.post<{ Body: NewClient }>('/api/clients', { schema: { body: newClient } }, async (request, reply) => {
    const client = await clients.add(request.body)
    reply.code(201).header('location', `/api/clients/${client.id}`)
    return client
  })

  app.post<{ Body: { clients: NewClientWithProjects[] } }>(
    '/api/clients/bulk',
    { schema: { body: newClients }, bodyLimit: 1024 * 1024 },
    async (request, reply) => {
      reply.code(201)
      return clients.addAll(request.body.clients)
    },
  )

  app.get<{ Querystring: PageQuery }>('/api/clients', { schema: { querystring: pageQuery } }, async (request) => {
    const asked = pageAsked(request.query)
    return pageOf(await clients.list(asked), asked)
  })

  app.get<{ Params: NumberId }>('/api/clients/:id', { schema: { params: numberId } }, (request) =>
    cache.get(request.params.id, () => find(request.params.id)),
  )

  app.patch<{ Params: NumberId; Body: ClientChange }>(
    '/api/clients/:id',
    { schema: { params: numberId, body: clientChange } },
    async (request) => {
      const { id } = request.params
      const changed = await clients.change(Number(id), request.body)
      cache.forget(id)
      if (changed) return changed
      const { version } = await find(id)
      throw new Refusal(409, `the client is at version ${version}, not ${request.body.version}`)
    },
  )

  app.delete<{ Params: NumberId }>('/api/clients/:id', { schema: { params: numberId } }, async (request, reply) => {
    const { id } = request.params
    const removed = await clients.remove(Number(id))
    cache.forget(id)
    if (!removed) throw new Refusal(404, 'no such client')
    return reply.code(204).send()
  })
}

const email = { type: 'string', maxLength: 200, pattern: '^[^\\s@\\u0000]+@[^\\s@\\u0000]+$' }
const newClientProperties = { name: text, email }

const newClient = {
  type: 'object',
  required: ['name', 'email'],
  additionalProperties: false,
  properties: newClientProperties,
}

const projectInBulk = {
  ...newProject,
  properties: {
    ...newProject.properties,
    minutes: { type: 'array', maxItems: 100, items: { type: 'integer', minimum: 1, maximum: 1440 } },
  },
}

const newClients = {
  type: 'object',
  required: ['clients'],
  additionalProperties: false,
  properties: {
    clients: {
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      items: {
        ...newClient,
        properties: { ...newClientProperties, projects: { type: 'array', maxItems: 20, items: projectInBulk } },
      },
    },
  },
}

const clientChange = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: { ...newClientProperties, version: { type: 'integer', minimum: 1 } },
}
