// The pages as HTML. They work without a script; with it the jobs on them move.
import { type Html, html } from '../html.ts'
import type { Job } from '../stores/job-store.ts'

export function renderStartPage(jobs: readonly Job[], below?: Html): string {
  return renderPage(
    'Images',
    html`<form method="post" action="/">
        <label>Source <input name="source" required maxlength="200" placeholder="harbour.png"></label>
        <label>Width <input name="width" type="number" min="1" max="512" value="64"></label>
        <label>Height <input name="height" type="number" min="1" max="512" value="64"></label>
        <label>Passes <input name="passes" type="number" min="1" max="500" value="5"></label>
        <button>Soften</button>
      </form>
      <h2>Newest jobs</h2>
      ${jobs.length === 0 ? html`<p>None yet.</p>` : html`<ul>${jobs.map((job) => html`<li>${renderJob(job)}</li>`)}</ul>`}
      ${below ?? ''}`,
  )
}

export function renderJobPage(job: Job): string {
  return renderPage(`Image of ${job.source}`, html`${renderJob(job)}<p><a href="/">Another one</a></p>`)
}

/** `data-job` is what the script looks for, `data-field` what it fills. */
function renderJob({ id, source, state, progress, attempts, result, error }: Job): Html {
  return html`<section data-job="${id}" data-state="${state}">
      <a href="/jobs/${id}">${source}</a>
      <progress max="100" value="${progress}" data-field="progress"></progress>
      <span data-field="state">${state}</span>,
      attempt <span data-field="attempts">${attempts}</span>
      <code data-field="result">${result?.sha256 ?? ''}</code>
      <em data-field="error">${error ?? ''}</em>
    </section>`
}

function renderPage(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title}</title>
    <link rel="stylesheet" href="/page.css">
    <script type="module" src="/live.js"></script>
  </head>
  <body>
    <h1>${title}</h1>
    ${body}
  </body>
</html>
`.text
}
