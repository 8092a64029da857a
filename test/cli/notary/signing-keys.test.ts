import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CliError } from '../../../packages/cli/src/errors.ts';
import { findSigningKey, readNotationConfig, readSigningKeys } from '../../../packages/cli/src/notary/signing-keys.ts';
import { tempDir } from '../../support/temp.ts';

const inFiles = { name: 'a', keyPath: '/keys/a.key', certPath: '/keys/a.crt' };
const ofPlugin = { name: 'b', id: 'key-1', pluginName: 'acme', pluginConfig: { vault: 'x' } };

function folderWith(text: string | undefined, file = 'signingkeys.json'): string {
  const folder = tempDir();
  if (text !== undefined) writeFileSync(join(folder, file), text);
  return folder;
}

async function problemOf(text: string): Promise<string> {
  try {
    findSigningKey(await readSigningKeys(folderWith(text)), 'a');
  } catch (error) {
    if (error instanceof CliError && error.code === 'KEY_STORE_INVALID') return error.message;
    throw error;
  }
  throw new RangeError('it was read');
}

describe("notation's signingkeys.json", () => {
  it('has keys in files and keys of plugins, and one that signs by default', async () => {
    const folder = folderWith(JSON.stringify({ default: 'b', keys: [inFiles, ofPlugin], more: 1 }));
    const keys = await readSigningKeys(folder);
    expect(keys).toEqual({
      path: join(folder, 'signingkeys.json'),
      default: 'b',
      keys: [
        { kind: 'files', ...inFiles },
        { kind: 'plugin', ...ofPlugin },
      ],
    });
    expect(findSigningKey(keys).name).toBe('b');
    expect(findSigningKey(keys, 'a')).toEqual({ kind: 'files', ...inFiles });
  });

  it('may be missing, and may hold nothing', async () => {
    expect(await readSigningKeys(folderWith(undefined))).toMatchObject({ keys: [] });
    for (const text of ['{}', '{"keys":null}', '{"keys":[]}', '{"default":null,"keys":[]}'])
      expect((await readSigningKeys(folderWith(text))).keys, text).toEqual([]);
  });

  it('takes a key of a plugin without settings', async () => {
    const { pluginConfig: _, ...bare } = ofPlugin;
    const { keys } = await readSigningKeys(
      folderWith(JSON.stringify({ keys: [bare, { ...bare, name: 'c', pluginConfig: null }] })),
    );
    expect(keys).toMatchObject([{ pluginConfig: {} }, { pluginConfig: {} }]);
  });

  it.each([
    ['no object', '[]', /:1:1: a map is expected/],
    ['no JSON', '{"keys": [}', /:1:\d+: not /],
    ['YAML', 'keys: []', /:1:1: not JSON/],
    ['nothing', '', /:1:1: the file is empty/],
    ['keys that are no list', '{\n  "keys": {}\n}', /:2:11: keys: a list is expected/],
    ['a key without a name', '{"keys":[\n{"keyPath":"/k","certPath":"/c"}]}', /:2:1: keys\[0\]: "name" is missing/],
    ['an empty name', '{"keys":[{"name":"","keyPath":"/k","certPath":"/c"}]}', /:1:18: keys\[0\]\.name: .* is empty/],
    ['a name that is a number', '{"keys":[{"name":1,"keyPath":"/k","certPath":"/c"}]}', /name: a text is expected/],
    ['a key without a path', '{"keys":[{"name":"a"}]}', /"keyPath" is missing/],
    ['a key without a certificate', '{"keys":[{"name":"a","keyPath":"/k"}]}', /"certPath" is missing/],
    ['a plugin without an id', '{"keys":[{"name":"a","pluginName":"p"}]}', /"id" is missing/],
    ['an id without a plugin', '{"keys":[{"name":"a","id":"p"}]}', /"pluginName" is missing/],
    ['both', '{"keys":[{"name":"a","id":"p","pluginName":"p","keyPath":"/k"}]}', /both are there/],
    [
      'a setting that is no text',
      '{"keys":[{"name":"a","id":"p","pluginName":"p","pluginConfig":{"x":1}}]}',
      /pluginConfig\.x: a text/,
    ],
    [
      'a name twice',
      '{"keys":[{"name":"a","keyPath":"/k","certPath":"/c"},\n{"name":"a","keyPath":"/k","certPath":"/c"}]}',
      /:2:1: keys\[1\]: the key "a" is there twice/,
    ],
    ['a member twice', '{"keys":[],"keys":[]}', /"keys" is there twice/],
    ['a default that is no key', '{"keys":[],\n"default":"z"}', /:2:11: default: there is no key "z"/],
    ['an empty default', '{"keys":[],"default":""}', /default: there is no key ""/],
  ])('with %s is refused with its place', async (_, text, why) => {
    expect(await problemOf(text)).toMatch(why);
    expect(await problemOf(text)).toContain('signingkeys.json:');
  });

  it('half an entry keeps nobody from the other keys', async () => {
    const keys = await readSigningKeys(
      folderWith(JSON.stringify({ keys: [inFiles, { name: 'half', keyPath: '/k' }] })),
    );
    expect(findSigningKey(keys, 'a')).toMatchObject(inFiles);
    expect(() => findSigningKey(keys, 'half')).toThrow(expect.objectContaining({ code: 'KEY_STORE_INVALID' }));
  });

  it('is no link, no folder, and of bounded size', async () => {
    const linked = folderWith('{"keys":[]}', 'real.json');
    symlinkSync('real.json', join(linked, 'signingkeys.json'));
    const folder = tempDir();
    mkdirSync(join(folder, 'signingkeys.json'));
    const large = folderWith(' '.repeat(1024 * 1024 + 1));
    for (const each of [linked, folder, large])
      await expect(readSigningKeys(each)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('a key that is not there is told', async () => {
    const keys = await readSigningKeys(folderWith(JSON.stringify({ keys: [inFiles] })));
    const error = (name?: string) => {
      try {
        return findSigningKey(keys, name);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(error('z')).toMatchObject({
      code: 'KEY_NOT_NAMED',
      message: expect.stringContaining('there is no key "z"'),
    });
    expect(error()).toMatchObject({
      code: 'KEY_NOT_NAMED',
      message: expect.stringContaining('no key signs by default'),
    });
  });
});

describe("notation's config.json", () => {
  const read = (text: string | undefined) => readNotationConfig(folderWith(text, 'config.json'));
  it('says the form of envelopes, or nothing', async () => {
    expect(await read('{"signatureFormat":"cose","insecureRegistries":["a"]}')).toEqual({ signatureFormat: 'cose' });
    for (const text of [undefined, '{}', '{"signatureFormat":""}', '{"signatureFormat":null}'])
      expect(await read(text), text).toEqual({});
  });

  it('names no other form', async () => {
    await expect(read('{\n "signatureFormat": "pgp"}')).rejects.toMatchObject({
      code: 'KEY_STORE_INVALID',
      message: expect.stringContaining('config.json:2:21: signatureFormat: "pgp" is none of jws, cose'),
    });
  });
});
