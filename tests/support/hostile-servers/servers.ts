// All of them by name.
import { closes } from './closes.ts'
import { connectionClose } from './connection-close.ts'
import { errors } from './errors.ts'
import { garbage } from './garbage.ts'
import { hangs } from './hangs.ts'
import { healthy } from './healthy.ts'
import { losesThird } from './loses-third.ts'
import { resets } from './resets.ts'
import { resetsAtEnd } from './resets-at-end.ts'
import { resetsInBody } from './resets-in-body.ts'
import { truncates } from './truncates.ts'

export const servers = {
  healthy,
  hangs,
  closes,
  resets,
  'resets-in-body': resetsInBody,
  'resets-at-end': resetsAtEnd,
  truncates,
  garbage,
  'loses-third': losesThird,
  errors,
  'connection-close': connectionClose,
} as const

export type HostileName = keyof typeof servers
