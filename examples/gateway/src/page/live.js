// Moves the jobs on the page: subscribes to each that is not over, and comes back when the connection is lost.
const sections = new Map()
for (const section of document.querySelectorAll('[data-job]')) sections.set(section.dataset.job, section)

const isOver = (section) => ['done', 'dead'].includes(section.dataset.state)
const pending = () => [...sections.values()].filter((section) => !isOver(section))

function connect() {
  if (pending().length === 0) return
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`)
  socket.addEventListener('open', () => {
    for (const section of pending()) socket.send(JSON.stringify({ subscribe: section.dataset.job }))
  })
  socket.addEventListener('message', ({ data }) => {
    const { job } = JSON.parse(data)
    if (job) show(job)
    if (pending().length === 0) socket.close()
  })
  socket.addEventListener('close', () => setTimeout(connect, 1000))
}

function show({ id, state, progress, attempts, result, error }) {
  const section = sections.get(id)
  if (!section) return
  const field = (name) => section.querySelector(`[data-field="${name}"]`)
  section.dataset.state = state
  field('progress').value = progress
  field('state').textContent = state
  field('attempts').textContent = attempts
  field('result').textContent = result?.sha256 ?? ''
  field('error').textContent = error ?? ''
}

connect()
