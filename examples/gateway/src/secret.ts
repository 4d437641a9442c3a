// Tokens and signatures: made, kept as a hash, compared in a time that tells nothing.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export function newToken(): string {
  return randomBytes(24).toString('base64url')
}

/** Fast on purpose: a token is 192 random bits, so there is nothing to guess that a slow hash would protect. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

export function signatureOf(body: Buffer, secret: string): Buffer {
  return Buffer.from(createHmac('sha256', secret).update(body).digest('hex'))
}

export function sameSecret(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected)
}
