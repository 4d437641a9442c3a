// The routes of projects: those of a client, and the time spent on them.
import type { FastifyInstance } from 'fastify'
import { type NumberId, numberId } from '../number-id.ts'
import { type PageQuery, pageAsked, pageOf, pageQuery } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import type { NewProject, ProjectChange, ProjectStore } from '../stores/project-store.ts'

export async function projectRoutes(
  app: FastifyInstance,
  { projects }: { readonly projects: ProjectStore },
): Promise<void> {
  const params = numberId
  const ofClient = '/api/clients/:id/projects'
  const one = '/api/projects/:id'

  app.post<{ Params: NumberId; Body: NewProject }>(
    ofClient,
    { schema: { params, body: newProject } },
    async (request, reply) => {
      const project = await projects.add(Number(request.params.id), request.body)
      reply.code(201).header('location', `/api/projects/${project.id}`)
      return project
    },
  )

  app.get<{ Params: NumberId; Querystring: PageQuery }>(
    ofClient,
    { schema: { params, querystring: pageQuery } },
    async (request) => {
      const asked = pageAsked(request.query)
      return pageOf(await projects.list(Number(request.params.id), asked), asked)
    },
  )

  app.get<{ Params: NumberId }>(one, { schema: { params } }, async (request) => {
    const project = await projects.find(Number(request.params.id))
    if (!project) throw new Refusal(404, 'no such project')
    return project
  })

  app.patch<{ Params: NumberId; Body: ProjectChange }>(
    one,
    { schema: { params, body: projectChange } },
    async (request) => {
      const id = Number(request.params.id)
      const changed = await projects.change(id, request.body)
      if (changed) return changed
      const current = await projects.find(id)
      if (!current) throw new Refusal(404, 'no such project')
      throw new Refusal(409, `the project is at version ${current.version}, not ${request.body.version}`)
    },
  )

  app.delete<{ Params: NumberId }>(one, { schema: { params } }, async (request, reply) => {
    if (!(await projects.remove(Number(request.params.id)))) throw new Refusal(404, 'no such project')
    return reply.code(204).send()
  })

  app.post<{ Params: NumberId; Body: { minutes: number[] } }>(
    `${one}/entries`,
    { schema: { params, body: newEntries } },
    async (request, reply) => {
      reply.code(201)
      return { entries: await projects.addEntries(Number(request.params.id), request.body.minutes) }
    },
  )
}

/** A name as it may be kept: PostgreSQL cannot keep the character 0. */
export const text = { type: 'string', minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$' }
export const cents = { type: 'integer', minimum: 0, maximum: 1_000_000_000_000 }

export const newProject = {
  type: 'object',
  required: ['name', 'budgetCents'],
  additionalProperties: false,
  properties: { name: text, budgetCents: cents },
}

const projectChange = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: { name: text, budgetCents: cents, version: { type: 'integer', minimum: 1 } },
}

const newEntries = {
  type: 'object',
  required: ['minutes'],
  additionalProperties: false,
  properties: {
    minutes: {
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      items: { type: 'integer', minimum: 1, maximum: 1440 },
    },
  },
}
