// All of them by name.
import { answersTwice } from './answers-twice.ts'
import { closes } from './closes.ts'
import { closesAtOnce } from './closes-at-once.ts'
import { connectionClose } from './connection-close.ts'
import { diesAndReturns } from './dies-and-returns.ts'
import { errors } from './errors.ts'
import { garbage } from './garbage.ts'
import { hangs } from './hangs.ts'
import { healthy } from './healthy.ts'
import { idleCloses } from './idle-closes.ts'
import { idleResets } from './idle-resets.ts'
import { largeBody } from './large-body.ts'
import { losesThird } from './loses-third.ts'
import { redirectLoop } from './redirect-loop.ts'
import { refusesLater } from './refuses-later.ts'
import { resets } from './resets.ts'
import { resetsAtEnd } from './resets-at-end.ts'
import { resetsAtOnce } from './resets-at-once.ts'
import { resetsInBody } from './resets-in-body.ts'
import { slowLorisBody } from './slow-loris-body.ts'
import { slowLorisHead } from './slow-loris-head.ts'
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
  'dies-and-returns': diesAndReturns,
  'idle-closes': idleCloses,
  'idle-resets': idleResets,
  'large-body': largeBody,
  'redirect-loop': redirectLoop,
  'refuses-later': refusesLater,
  'slow-loris-body': slowLorisBody,
  'slow-loris-head': slowLorisHead,
  'answers-twice': answersTwice,
  'closes-at-once': closesAtOnce,
  'resets-at-once': resetsAtOnce,
} as const

export type HostileName = keyof typeof servers
