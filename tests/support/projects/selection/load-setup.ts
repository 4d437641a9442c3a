// A set-up file of the load project's own.
process.env.LOAD_SETUP = 'ran'
