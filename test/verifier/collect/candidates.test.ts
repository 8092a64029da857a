import { ANNOTATION_ENVELOPE, MAX_ANNOTATED_ENVELOPE_BYTES } from '@signet/core';
import { type Descriptor, MEDIA_TYPE_EMPTY, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import { defaultFormats } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { embeddedEnvelope, toCandidate } from '../../../packages/verifier/src/collect/candidates.ts';
import { image } from '../evidence-data.ts';
import { bundleMediaType, signType } from '../signatures.ts';

const entry = (artifactType?: string, annotations?: Record<string, string>): Descriptor => ({
  mediaType: MEDIA_TYPE_MANIFEST,
  digest: image,
  size: 1,
  ...(artifactType === undefined ? {} : { artifactType }),
  ...(annotations === undefined ? {} : { annotations }),
});
const sort = (descriptor: Descriptor) => toCandidate(descriptor, defaultFormats);
const embed = (text: string) => ({ [ANNOTATION_ENVELOPE]: text });
const predicate = (type: string) => ({ 'dev.sigstore.bundle.predicateType': type });

describe('toCandidate', () => {
  it.each([undefined, '', MEDIA_TYPE_EMPTY, bundleMediaType, 'application/vnd.dev.cosign.artifact.sig.v1+json'])(
    'type %o may be a signature',
    (type) => {
      expect(sort(entry(type)).kind).toBe('candidate');
    },
  );

  it.each([
    ['application/vnd.cncf.notary.signature', 'FOREIGN_FORMAT'],
    ['application/spdx+json', 'OTHER_TYPE'],
  ])('type %s is passed over where keys alone are trusted: %s', (type, code) => {
    const formats = defaultFormats.filter((format) => format.isWanted({ keys: [] }));
    const sorted = toCandidate(entry(type, embed('AAAA')), formats);
    expect(sorted).toMatchObject({ kind: 'skipped', skipped: { origin: image, code } });
  });

  it('what says it signs goes first, what says it attests last; what embeds its envelope after what does not', () => {
    const ranks = [
      entry(bundleMediaType, predicate(signType)),
      entry(bundleMediaType, { ...predicate(signType), ...embed('AAAA') }),
      entry(bundleMediaType),
      entry(bundleMediaType, embed('AAAA')),
      entry(bundleMediaType, predicate('https://slsa.dev/provenance/v1')),
      entry(bundleMediaType, { ...predicate('x'), ...embed('AAAA') }),
    ].map((each) => {
      const candidate = sort(each);
      return candidate.kind === 'candidate' ? candidate.rank : -1;
    });
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(new Set(ranks).size).toBe(6);
  });

  it('an embedded envelope is one of the listing, without the annotations beside it', () => {
    expect(sort(entry(bundleMediaType, { ...embed('eyJ9'), other: 'x' }))).toMatchObject({
      embedded: { foundIn: 'listing', origin: image, format: 'sigstore', annotations: {} },
    });
  });

  it('a format that reads annotations is never taken from a listing', () => {
    const candidate = sort(entry('application/vnd.dev.cosign.artifact.sig.v1+json', embed('eyJ9')));
    expect(candidate).toEqual({ kind: 'candidate', rank: 2 });
  });
});

describe('embeddedEnvelope', () => {
  const decode = (text: string) => embeddedEnvelope(entry(bundleMediaType, embed(text)));

  it('is what its base64 says', () => {
    expect(Buffer.from(decode(Buffer.from('an envelope').toString('base64')) ?? '').toString()).toBe('an envelope');
  });

  it('up to its length', () => {
    const longest = Buffer.alloc(MAX_ANNOTATED_ENVELOPE_BYTES, 'a');
    expect(decode(longest.toString('base64'))).toHaveLength(MAX_ANNOTATED_ENVELOPE_BYTES);
    expect(decode(Buffer.concat([longest, Buffer.from('a')]).toString('base64'))).toBeUndefined();
  });

  it.each(['', 'AAA', 'AAAA=', 'A===', 'AA-_', 'AA A', 'AAAA\n', '\u001b[2J'])('%o is none', (text) => {
    expect(decode(text)).toBeUndefined();
  });

  it('is not inherited', () => {
    expect(embeddedEnvelope(entry(bundleMediaType, Object.create(embed('AAAA'))))).toBeUndefined();
    expect(embeddedEnvelope(entry(bundleMediaType))).toBeUndefined();
  });
});
