import { describe, expect, it } from 'vitest';
import { checkSubject } from '../../../packages/verifier/src/formats/subject.ts';
import { image, otherImage } from '../evidence-data.ts';
import { envelopeOf } from '../signatures.ts';

const read = (manifestSubject?: typeof image) =>
  envelopeOf('sigstore', Buffer.alloc(0), manifestSubject === undefined ? {} : { manifestSubject });

describe('checkSubject', () => {
  it.each([
    ['the asked digest, in a manifest of the asked subject', [image], read(image), 'OK'],
    ['the asked digest among others', [otherImage, image], read(image), 'OK'],
    ['the asked digest, found without a manifest', [image], read(), 'OK'],
    ['another digest', [otherImage], read(image), 'SUBJECT_MISMATCH'],
    ['no digest', [], read(image), 'SUBJECT_MISMATCH'],
    ['the asked digest, in a manifest of another subject', [image], read(otherImage), 'SUBJECT_MISMATCH'],
    ['the digest with other letters', [image.toUpperCase()], read(image), 'SUBJECT_MISMATCH'],
    ['a part of the digest', [image.slice(0, -1)], read(image), 'SUBJECT_MISMATCH'],
  ])('%s', (_, signed, envelope, code) => {
    const check = checkSubject(signed, envelope, { digest: image });
    expect(check).toMatchObject({ name: 'subject', code, result: code === 'OK' ? 'pass' : 'fail' });
  });

  it('says what is signed, and no more than three of many', () => {
    const many = Array.from({ length: 100 }, (_, at) => `sha256:${at}`);
    expect(checkSubject(many, read(), { digest: image }).message).toBe(
      `signed for sha256:0, sha256:1, sha256:2, asked ${image}`,
    );
    expect(checkSubject([], read(), { digest: image }).message).toContain('no digest that is known');
  });
});
