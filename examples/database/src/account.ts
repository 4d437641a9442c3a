// Whom PostgreSQL runs as: it refuses to be root.
import { readFileSync } from 'node:fs'

export interface Account {
  readonly uid: number
  readonly gid: number
}

const nobody = 65_534

/** Undefined: whoever this process runs as will do. */
export function findAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const account = process.platform === 'linux' ? unprivilegedIn(readFileSync('/etc/passwd', 'utf8')) : undefined
  if (account !== undefined) return account
  throw new Error(
    "PostgreSQL cannot run as root, and there is no account 'nobody' to run it as: start it as another user, or set DATABASE_URL",
  )
}

/** The text of passwd(5). initdb wants an account that has an entry there. */
export function unprivilegedIn(passwd: string): Account | undefined {
  const accounts = passwd.split('\n').map((line) => {
    const [name, , uid, gid] = line.split(':')
    return { name, uid: Number(uid), gid: Number(gid) }
  })
  const found = accounts.find(({ uid }) => uid === nobody) ?? accounts.find(({ name }) => name === 'nobody')
  return found && { uid: found.uid, gid: found.gid }
}
