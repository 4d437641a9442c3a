// A set-up file as root configs have them.
process.env.ROOT_SETUP = 'ran'
