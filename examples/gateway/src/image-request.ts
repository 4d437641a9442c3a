// What may be asked of an image: the schema of a request. Its limits keep one job to a second or two of work.

export const imageRequest = {
  type: 'object',
  required: ['source'],
  additionalProperties: false,
  properties: {
    source: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$' },
    width: { type: 'integer', minimum: 1, maximum: 512, default: 64 },
    height: { type: 'integer', minimum: 1, maximum: 512, default: 64 },
    passes: { type: 'integer', minimum: 1, maximum: 500, default: 5 },
  },
}
