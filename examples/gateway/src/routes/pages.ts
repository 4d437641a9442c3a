// The pages for people: a form that orders an image, and the jobs with their progress.
import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import type { Html } from '../html.ts'
import { imageRequest } from '../image-request.ts'
import { renderJobPage, renderStartPage } from '../page/templates.ts'
import type { Reception } from '../reception.ts'
import { Refusal } from '../refusal.ts'
import type { ImageRequest, JobStore } from '../stores/job-store.ts'

export type PageRoutesOptions = {
  readonly jobs: JobStore
  readonly reception: Reception
  /** What the start page has below the jobs. */
  readonly renderRows?: () => Html
}

const jobsShown = 10
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; form-action 'self'"

export async function pageRoutes(app: FastifyInstance, options: PageRoutesOptions): Promise<void> {
  const { jobs, reception, renderRows } = options

  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, formOf(new URLSearchParams(body as string))),
  )
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', policy)
  })

  app.get('/', async (_request, reply) => {
    reply.type('text/html; charset=utf-8')
    return renderStartPage(await jobs.newest(jobsShown), renderRows?.())
  })

  app.post<{ Body: ImageRequest }>('/', { schema: { body: imageRequest } }, async (request, reply) => {
    const [id] = await reception.take([request.body])
    return reply.redirect(`/jobs/${id}`, 303)
  })

  app.get<{ Params: { id: string } }>('/jobs/:id', { schema: { params: uuid } }, async (request, reply) => {
    const job = await jobs.find(request.params.id)
    if (!job) throw new Refusal(404, 'no such job')
    reply.type('text/html; charset=utf-8')
    return renderJobPage(job)
  })

  await fileRoute(app, { path: '/live.js', type: 'text/javascript; charset=utf-8' })
  await fileRoute(app, { path: '/page.css', type: 'text/css; charset=utf-8' })
}

async function fileRoute(app: FastifyInstance, { path, type }: { path: string; type: string }): Promise<void> {
  const content = await readFile(new URL(`../page${path}`, import.meta.url))
  app.get(path, async (_request, reply) => reply.type(type).header('cache-control', 'max-age=60').send(content))
}

/** Fields come as text; those that are numbers are read as such, so that the schema of the API holds here too. */
function formOf(fields: URLSearchParams): Record<string, unknown> {
  const form = [...fields].filter(([, value]) => value !== '')
  return Object.fromEntries(
    form.map(([name, value]) => [name, name !== 'source' && /^\d+$/.test(value) ? Number(value) : value]),
  )
}

const uuid = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' } },
}
