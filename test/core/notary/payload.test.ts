import { parseNotaryPayload } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { artifact } from './envelopes.ts';

const read = (value: unknown) => parseNotaryPayload(Buffer.from(JSON.stringify(value)));

describe('the payload of a Notary signature', () => {
  it('names an artifact and what the signer wrote beside it; other members are the signer’s own affair', () => {
    const annotations = { build: '7' };
    expect(read({ targetArtifact: { ...artifact, annotations, urls: [] }, other: 1 })).toEqual({
      ...artifact,
      annotations,
    });
    expect(read({ targetArtifact: { ...artifact, digest: `sha384:${'0'.repeat(96)}` } }).digest).toMatch(/^sha384/);
  });

  it.each<[string, unknown, string]>([
    ['no artifact', {}, 'payload.targetArtifact is not an object'],
    ['a digest that is none', { targetArtifact: { ...artifact, digest: 'sha256:x' } }, 'digest is no digest'],
    ['a size that is none', { targetArtifact: { ...artifact, size: -1 } }, 'size is no number of bytes'],
    [
      'annotations that are no texts',
      { targetArtifact: { ...artifact, annotations: { a: 1 } } },
      'annotations.a is not a string',
    ],
    ['no media type', { targetArtifact: { ...artifact, mediaType: undefined } }, 'mediaType is not a string'],
  ])('is refused with %s', (_, value, message) => {
    expect(() => read(value)).toThrow(message);
  });
});
