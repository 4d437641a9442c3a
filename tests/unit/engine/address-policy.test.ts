// Where load may go: loopback, what is listed, and some places never.
import { describe, expect, it } from 'vitest'
import { permissionFor } from '../../../src/engine/address-policy.ts'

describe('without a list', () => {
  it.each([
    ['127.0.0.1', 'allowed'],
    ['127.255.255.254', 'allowed'],
    ['::1', 'allowed'],
    ['::ffff:127.0.0.1', 'allowed'],
    ['::ffff:7f00:1', 'allowed'],
    ['0.0.0.0', 'not listed'],
    ['10.0.0.1', 'not listed'],
    ['192.168.1.1', 'not listed'],
    ['192.0.2.1', 'not listed'],
    ['128.0.0.1', 'not listed'],
    ['::', 'not listed'],
    ['::2', 'not listed'],
    ['2001:db8::1', 'not listed'],
    ['::ffff:10.0.0.1', 'not listed'],
  ] as const)('%s is %s', (address, permission) => {
    expect(permissionFor({ host: address, address }, [])).toBe(permission)
  })

  it('what a name resolves to counts, not the name', () => {
    expect(permissionFor({ host: 'localhost', address: '192.0.2.1' }, [])).toBe('not listed')
    expect(permissionFor({ host: 'app.test', address: '127.0.0.1' }, [])).toBe('allowed')
  })
})

describe('metadata services', () => {
  const everything = ['metadata.test', '0.0.0.0/0', '::/0']

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '169.254.0.1',
    '100.100.100.200',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%lo',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    '2002:6464:64c8::1',
    '::169.254.169.254',
    '::100.100.100.200',
  ])('at %s are never loaded, even when listed', (address) => {
    expect(permissionFor({ host: 'metadata.test', address }, [...everything, address])).toBe('never')
  })
})

describe('a list', () => {
  it.each([
    ['staging.example.com', 'staging.example.com', '192.0.2.1'],
    ['Staging.Example.com', 'STAGING.example.COM', '192.0.2.1'],
    ['*.example.com', 'a.example.com', '192.0.2.1'],
    ['*.example.com', 'a.b.EXAMPLE.com', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', 'any.test', '192.0.2.1'],
    ['2001:DB8:0::1', 'any.test', '2001:db8::1'],
    ['10.0.0.0/8', 'any.test', '10.255.1.2'],
    ['10.0.0.0/8', 'any.test', '::ffff:10.1.1.1'],
    ['10.0.0.1/32', 'any.test', '10.0.0.1'],
    ['2001:db8::/32', 'any.test', '2001:db8:ffff::1'],
    ['0.0.0.0/0', 'any.test', '192.0.2.1'],
  ])('with %s allows %s at %s', (entry, host, address) => {
    expect(permissionFor({ host, address }, ['other.test', entry])).toBe('allowed')
  })

  it.each([
    ['example.com', 'a.example.com', '192.0.2.1'],
    ['*.example.com', 'example.com', '192.0.2.1'],
    ['*.example.com', 'evilexample.com', '192.0.2.1'],
    ['*.example.com', 'a.example.com.evil.test', '192.0.2.1'],
    ['*', 'any.test', '192.0.2.1'],
    ['', 'any.test', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1.evil.test', '192.0.2.2'],
    ['10.0.0.0/8', 'any.test', '11.0.0.1'],
    ['10.0.0.0/8', '10.0.0.0/8', '192.0.2.1'],
    ['10.0.0.0/', 'any.test', '192.0.2.1'],
    ['10.0.0.0/33', 'any.test', '10.0.0.1'],
    ['10.0.0.0/-1', 'any.test', '10.0.0.1'],
    ['10.0.0.0/8x', 'any.test', '10.0.0.1'],
    ['10.0.0.0/8/8', 'any.test', '10.0.0.1'],
    ['10.0.0/8', 'any.test', '10.0.0.1'],
    ['2001:db8::/129', 'any.test', '2001:db8::1'],
    ['any.test/8', 'any.test', '192.0.2.1'],
  ])('with %s does not allow %s at %s', (entry, host, address) => {
    expect(permissionFor({ host, address }, [entry])).toBe('not listed')
  })
})
