import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdmissionError, imageOfCall, parseVerifierCall } from '../../../../packages/admission/src/index.ts';
import { RegistryError } from '../../../../packages/oci/src/index.ts';

const thrown = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const type = 'application/vnd.oci.descriptor.v1+json';
const args = (name: string, of = digest) => ['-name', name, '-digest', of, '-stdin-media-type', type];
const stdin = (of = digest) =>
  Buffer.from(JSON.stringify({ mediaType: 'application/vnd.oci.image.index.v1+json', digest: of, size: 4321 }));
const imageOf = (name: string, of = digest) => imageOfCall(parseVerifierCall(args(name, of)), stdin());

describe('the arguments of an image verifier', () => {
  it('are those that containerd writes', () => {
    expect(parseVerifierCall(args('r.example/app:1'))).toEqual({
      name: 'r.example/app:1',
      digest,
      stdinMediaType: type,
    });
  });

  it('are read in every way that Go reads flags', () => {
    const wanted = parseVerifierCall(args('r.example/app:1'));
    expect(parseVerifierCall(['--name=r.example/app:1', `-digest=${digest}`, '--stdin-media-type', type])).toEqual(
      wanted,
    );
    expect(parseVerifierCall(['-stdin-media-type', type, '-digest', digest, '-name', 'r.example/app:1'])).toEqual(
      wanted,
    );
  });

  it('may hold a name that looks like a flag: it is a name', () => {
    expect(parseVerifierCall(args('-help')).name).toBe('-help');
    expect(parseVerifierCall([`-name=a=b`, ...args('').slice(2)]).name).toBe('a=b');
  });

  it.each([
    ['one is missing', args('r.example/app:1').slice(2)],
    ['a value is missing', args('r.example/app:1').slice(0, 5)],
    ['one is given twice', [...args('r.example/app:1'), '-digest', other]],
    ['one is not known', [...args('r.example/app:1'), '-force']],
    ['one is a flag of another program', [...args('r.example/app:1'), '--help']],
    ['something stands alone', ['verify', ...args('r.example/app:1')]],
    ['nothing is said', []],
  ])('are refused where %s', (_why, given) => {
    expect(thrown(() => parseVerifierCall(given))).toBe('REQUEST_INVALID');
  });

  it('are refused where the digest is none', () => {
    for (const bad of ['', 'latest', digest.toUpperCase(), `md5:${'a'.repeat(32)}`, `${digest}0`])
      expect(thrown(() => parseVerifierCall(args('r.example/app:1', bad)))).toBe('DIGEST_INVALID');
  });
});

describe('the image of a call', () => {
  it('is the name with the digest that is pulled', () => {
    expect(imageOf('r.example:5000/team/app:1')).toEqual({
      kind: 'registry',
      registry: 'r.example:5000',
      repository: 'team/app',
      tag: '1',
      digest,
    });
    expect(imageOf('docker.io/library/web@sha256:'.concat('a'.repeat(64)))).toMatchObject({
      repository: 'library/web',
    });
  });

  it.each([
    ['names another digest', () => imageOf(`r.example/app@${other}`), 'REQUEST_INVALID'],
    ['is another than the descriptor', () => imageOf('r.example/app:1', other), 'REQUEST_INVALID'],
    ['is no reference', () => imageOf('r.example/App:1'), 'REFERENCE_INVALID'],
    ['has control characters', () => imageOf('r.example/app:1\n'), 'REFERENCE_INVALID'],
    ['is empty', () => imageOf(''), 'REFERENCE_INVALID'],
  ])('is refused where the name %s', (_why, image, code) => {
    expect(thrown(image)).toBe(code);
  });

  it('begins with the host that containerd asks: what means Docker Hub elsewhere is another host there', () => {
    for (const name of ['app:1', 'team/app:1', 'library/app'])
      expect(
        thrown(() => imageOf(name)),
        name,
      ).toBe('REFERENCE_INVALID');
    expect(imageOf('localhost/app:1').registry).toBe('localhost');
    expect(imageOf('Registry.Example/app:1').registry).toBe('registry.example');
    expect(imageOf('registry.example:443/app:1').repository).toBe('app');
  });

  it('is refused where standard input is not the descriptor of it', () => {
    const call = parseVerifierCall(args('r.example/app:1'));
    const read = (text: string | Uint8Array) => thrown(() => imageOfCall(call, Buffer.from(text)));
    expect(read('')).toBe('JSON_INVALID');
    expect(read('{"digest":')).toBe('JSON_INVALID');
    expect(read(`{"digest":"${digest}"}`)).toBe('MANIFEST_INVALID');
    expect(read('[]')).toBe('MANIFEST_INVALID');
    const twice = `{"mediaType":"a/b","size":1,"digest":"${other}","digest":"${digest}"}`;
    expect(read(twice)).toBe('JSON_INVALID');
    expect(thrown(() => imageOfCall({ ...call, stdinMediaType: 'application/json' }, stdin()))).toBe(
      'REQUEST_UNSUPPORTED',
    );
  });
});

it('no call and no input makes it throw anything but its own errors, or judge another digest', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom(...args('r.example/app:1'), '-name=', '--', '-'));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.oneof(fc.uint8Array(), fc.constant(stdin())), (given, bytes) => {
      try {
        const call = parseVerifierCall(given);
        expect(imageOfCall(call, bytes).digest).toBe(call.digest);
      } catch (error) {
        expect(error instanceof AdmissionError || error instanceof RegistryError).toBe(true);
      }
    }),
  );
});
