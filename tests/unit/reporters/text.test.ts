// Text fits its columns whatever is in it, and nothing in it can steer the terminal.
import { describe, expect, it } from 'vitest'
import { flow, plain, shorten, widthOf, words } from '../../../reporters/text.ts'

describe('plain()', () => {
  it.each([
    ['colours', '\x1b[31mred\x1b[0m', 'red'],
    ['a title sequence', '\x1b]0;owned\x07after', 'after'],
    ['line breaks and tabs', 'a\r\n\tb', 'a b'],
    ['a bell and a backspace', 'a\x07b\x08c', 'a b c'],
    ['C1 controls', 'a\u009bb', 'a b'],
    ['marks that reorder text', 'a\u202eb\u2066c', 'abc'],
    ['marks that hide in text', 'a\u200bb', 'ab'],
  ])('takes out %s', (_, text, expected) => {
    expect(plain(text)).toBe(expected)
  })

  it('leaves letters of all scripts and joined pictures', () => {
    expect(plain('größe 東京 👩‍💻')).toBe('größe 東京 👩‍💻')
  })
})

describe('widthOf()', () => {
  it.each([
    ['latency', 7],
    ['größe', 5],
    ['e\u0301', 1],
    ['東京', 4],
    ['👩‍💻', 2],
    ['✓ ×', 3],
  ])('%s takes %i columns', (text, columns) => {
    expect(widthOf(text)).toBe(columns)
  })
})

describe('shorten()', () => {
  it.each([
    ['short', 5, 'short'],
    ['GET /api/sessions/:id', 11, 'GET /…s/:id'],
    ['abcdef', 1, '…'],
    ['abcdef', 0, ''],
    ['東京大阪', 5, '東…阪'],
  ])('%s in %i columns is %s', (text, columns, expected) => {
    expect(shorten(text, columns)).toBe(expected)
  })
})

describe('flow()', () => {
  it('breaks between pieces and drops the gap there', () => {
    expect(flow([{ text: 'aaaa' }, { text: 'bbb' }, { text: 'c' }], 10)).toEqual(['aaaa · bbb', 'c'])
  })

  it('shortens a piece that is wider than a line', () => {
    expect(flow([{ text: 'a' }, { text: 'bbbbbbbb' }], 5)).toEqual(['a', 'bb…bb'])
  })

  it('paints neighbours of one colour together', () => {
    const paint = (text: string) => `<${text}>`
    expect(flow([{ text: 'a', paint }, ...words('b c', paint), { text: 'd' }], 80)).toEqual(['<a b c> · d'])
  })
})
