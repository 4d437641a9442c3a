// Runs once for the load project, in Vitest's own process.
export default function setup(): () => void {
  console.log('global set-up begins')
  process.env.LOAD_GLOBAL_SETUP = 'ran'
  return () => console.log('global set-up is undone')
}
