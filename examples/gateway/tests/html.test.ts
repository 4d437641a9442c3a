// Nothing that comes from outside becomes markup.
import { describe, expect, it } from 'vitest'
import { html } from '../src/html.ts'
import { renderJobPage, renderStartPage } from '../src/page/templates.ts'
import type { Job } from '../src/stores/job-store.ts'

const nasty = `<script>alert("1")</script> & 'so on'`
const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;so on&#39;'

describe('html', () => {
  it('escapes what is put in, in text and in attributes', () => {
    expect(html`<p title="${nasty}">${nasty}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`)
  })

  it('takes HTML of its own kind, numbers and lists as they are', () => {
    expect(html`<ul>${['<a>', 'b'].map((name) => html`<li>${name}</li>`)}</ul>${html`<hr>`}${3}`.text).toBe(
      '<ul><li>&lt;a&gt;</li><li>b</li></ul><hr>3',
    )
  })

  it('is not fooled by an object that looks like HTML', () => {
    const forged = JSON.parse('{"text":"<script>"}')
    expect(() => html`${forged}`.text).toThrow()
  })
})

describe('the pages', () => {
  const job: Job = {
    id: '5f0c9d0e-0000-4000-8000-000000000000',
    batchId: null,
    source: nasty,
    state: 'dead',
    progress: 40,
    attempts: 3,
    revision: 7,
    worker: 'worker-1',
    result: null,
    error: nasty,
  }

  it.each([
    ['start page', renderStartPage([job])],
    ['job page', renderJobPage(job)],
  ])('%s: shows a job without letting it speak', (_name, page) => {
    expect(page).not.toContain('<script>')
    expect(page).toContain(`>${escaped}</a>`)
    expect(page).toContain(`>${escaped}</em>`)
    expect(page).toMatch(/<progress max="100" value="40"/)
  })

  it('say that there is nothing yet', () => {
    expect(renderStartPage([])).toContain('None yet')
  })
})
