import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  digestOf,
  openLayout,
  parseDescriptor,
  parseDigest,
  parseJson,
  parseManifest,
  parseReference,
  RegistryError,
} from '@signet/oci';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomRuns } from '../support/random-runs.ts';
import { tempDir } from '../support/temp.ts';

const digest = digestOf(Buffer.from('x'));
/** Values that a parser could trip over, in the members that it looks at. */
const odd = fc.oneof(
  fc.constantFrom(null, '', -1, 1.5, 2 ** 53, [], {}, true, digest, 'application/vnd.oci.image.manifest.v1+json'),
  fc.jsonValue({ maxDepth: 2 }),
);
const descriptor = fc.record(
  {
    mediaType: odd,
    digest: fc.oneof(odd, fc.constant(digest)),
    size: odd,
    annotations: odd,
    data: odd,
    platform: odd,
    urls: odd,
  },
  { requiredKeys: [] },
);
const parts = fc.oneof(odd, fc.array(descriptor, { maxLength: 3 }));
const manifestLike = fc.record(
  {
    schemaVersion: fc.oneof(fc.constant(2), odd),
    mediaType: odd,
    artifactType: odd,
    config: fc.oneof(descriptor, odd),
    layers: parts,
    manifests: parts,
    subject: fc.oneof(descriptor, odd),
    annotations: odd,
    __proto__: odd,
  },
  { requiredKeys: ['schemaVersion'] },
);
/** A valid text with some bytes changed, or a piece cut out. */
const damaged = fc
  .tuple(manifestLike, fc.nat(), fc.nat({ max: 255 }), fc.boolean())
  .map(([value, place, byte, isCut]) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const at = place % Math.max(1, bytes.length);
    if (isCut) return bytes.subarray(0, at);
    bytes[at] = byte;
    return bytes;
  });
const hostileBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  manifestLike.map((value) => Buffer.from(JSON.stringify(value))),
  damaged,
);

function expectOwnError(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(RegistryError);
  }
}

describe('parsers of @signet/oci throw nothing but RegistryError', () => {
  it.each([
    ['parseJson', (bytes: Uint8Array) => parseJson(bytes)],
    ['parseManifest', (bytes: Uint8Array) => parseManifest(bytes)],
    ['parseReference', (bytes: Uint8Array) => parseReference(Buffer.from(bytes).toString('latin1'))],
    ['parseDigest', (bytes: Uint8Array) => parseDigest(Buffer.from(bytes).toString('latin1'))],
  ])('%s', (_name, parse) => {
    fc.assert(
      fc.property(hostileBytes, (bytes) => expectOwnError(() => parse(bytes))),
      { numRuns: randomRuns(3000) },
    );
  });

  it('parseDescriptor', () => {
    fc.assert(
      fc.property(fc.oneof(descriptor, odd), (value) => expectOwnError(() => parseDescriptor(value, 'it'))),
      { numRuns: randomRuns(3000) },
    );
  });

  describe('opening a layout whose index.json is hostile', () => {
    let dir: string;
    beforeAll(async () => {
      dir = tempDir();
      await openLayout(dir, { create: true });
    });

    it('and reading from it', async () => {
      await fc.assert(
        fc.asyncProperty(hostileBytes, async (bytes) => {
          writeFileSync(join(dir, 'index.json'), bytes);
          try {
            const layout = await openLayout(dir, { exclusive: true });
            for await (const tag of layout.tags()) await layout.resolve(tag);
          } catch (error) {
            expect(error).toBeInstanceOf(RegistryError);
          }
        }),
        { numRuns: randomRuns(300) },
      );
    });
  });
});
