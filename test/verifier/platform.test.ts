import { digestOf, MEDIA_TYPE_INDEX, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { childFor, formatPlatform, parsePlatformName } from '../../packages/verifier/src/platform.ts';

function indexOf(...names: readonly string[]) {
  const manifests = names.map((name, at) => {
    const [os, architecture, variant] = name.split('/');
    const platform = name === '' ? {} : { platform: { os, architecture, ...(variant ? { variant } : {}) } };
    return { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from(`${at}`)), size: 1, ...platform };
  });
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests }));
  return { bytes, descriptor: { mediaType: MEDIA_TYPE_INDEX, digest: digestOf(bytes), size: bytes.length } };
}

const nth = (at: number) => ({ digest: digestOf(Buffer.from(`${at}`)) });

describe('parsePlatformName', () => {
  it.each(['linux/amd64', 'linux/arm/v7', 'windows/amd64'])('%s', (name) => {
    expect(formatPlatform(parsePlatformName(name))).toBe(name);
  });

  it.each(['', 'linux', 'linux/', '/amd64', 'linux/arm/', 'a/b/c/d', 'Linux/amd64', 'linux /amd64', 'linux/\u001b'])(
    '%o is none',
    (name) => {
      expect(() => parsePlatformName(name)).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID' }));
    },
  );
});

describe('childFor', () => {
  it.each<[string, readonly string[], string, object | string]>([
    ['the one that fits', ['linux/amd64', 'linux/arm64'], 'linux/arm64', nth(1)],
    ["arm64's v8 is arm64", ['linux/arm64'], 'linux/arm64/v8', nth(0)],
    ['and the other way round', ['linux/arm64/v8'], 'linux/arm64', nth(0)],
    ['a variant by its name', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7', nth(1)],
    ['several without a variant', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm', 'several images'],
    ['none', ['linux/amd64', ''], 'linux/s390x', 'it has linux/amd64'],
    ['none at all', [], 'linux/amd64', 'none with a platform'],
    ['another system', ['windows/amd64'], 'linux/amd64', 'no image for linux/amd64'],
  ])('%s', (_, names, wanted, outcome) => {
    const child = childFor(indexOf(...names), parsePlatformName(wanted));
    if (typeof outcome === 'string') expect(child).toEqual(expect.stringContaining(outcome));
    else expect(child).toMatchObject(outcome);
  });

  it('an image is no index', () => {
    const { bytes, descriptor } = indexOf('linux/amd64');
    const image = { bytes, descriptor: { ...descriptor, mediaType: MEDIA_TYPE_MANIFEST } };
    expect(childFor(image, parsePlatformName('linux/amd64'))).toEqual(expect.stringContaining('not an index'));
  });

  it('bytes that are no index are an error', () => {
    const { descriptor } = indexOf();
    const broken = { bytes: Buffer.from('{'), descriptor };
    expect(() => childFor(broken, parsePlatformName('linux/amd64'))).toThrow(
      expect.objectContaining({ name: 'RegistryError' }),
    );
  });
});
