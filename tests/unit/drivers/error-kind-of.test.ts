// Which kind of failure an error of a socket, TLS or HTTP client stands for.
import { errors } from 'undici'
import { describe, expect, it } from 'vitest'
import { LoadTestError } from '../../../src/core/errors.ts'
import { answerTooLarge } from '../../../src/drivers/answer-body.ts'
import { errorKindOf } from '../../../src/drivers/error-kind-of.ts'

const withCode = (code: string) => Object.assign(new Error(code), { code })

describe('errorKindOf()', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['EHOSTUNREACH', 'refused'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['EMFILE', 'generator'],
    ['ENFILE', 'generator'],
    ['EADDRNOTAVAIL', 'generator'],
    ['ETIMEDOUT', 'timeout'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['ESOMETHING', 'other'],
  ] as const)('%s is %s', (code, kind) => {
    expect(errorKindOf(withCode(code))).toBe(kind)
  })

  it.each([
    [new errors.ConnectTimeoutError('x'), 'timeout'],
    [new errors.HeadersTimeoutError('x'), 'timeout'],
    [new errors.BodyTimeoutError('x'), 'timeout'],
    [new errors.HeadersOverflowError('x'), 'protocol'],
    [withCode('HPE_INVALID_VERSION'), 'protocol'],
    [new errors.ResponseContentLengthMismatchError('x'), 'truncated'],
    [new errors.SocketError('other side closed'), 'closed'],
    [new errors.SocketError('bad response'), 'protocol'],
    [new errors.HTTPParserError('Response does not match the HTTP/1.1 protocol'), 'protocol'],
    [new errors.InvalidArgumentError('x'), 'other'],
  ] as const)("undici's %s is %s", (error, kind) => {
    expect(errorKindOf(error)).toBe(kind)
  })

  it('looks through what wraps an error', () => {
    const refused = withCode('ECONNREFUSED')
    expect(errorKindOf(new TypeError('fetch failed', { cause: refused }))).toBe('refused')
    expect(errorKindOf(new AggregateError([refused, refused]))).toBe('refused')
  })

  it('knows the refusal of an address that load may not go to', () => {
    expect(errorKindOf(new LoadTestError('host-not-allowed', 'x'))).toBe('not-allowed')
  })

  it('knows what is too large to be judged', () => {
    expect(errorKindOf(answerTooLarge)).toBe('too-large')
  })

  it.each([undefined, null, 'ECONNRESET', new Error('x')])('calls %s other', (thing) => {
    expect(errorKindOf(thing)).toBe('other')
  })
})
