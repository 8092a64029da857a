import {
  comparePluginVersions,
  isPluginVersion,
  needCapability,
  PluginError,
  pluginMetadata,
} from '@signet/core/notary-plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answering, failureOf, startablePlugin } from './questions.ts';

const good = {
  name: 'fake',
  description: 'what it does',
  version: '1.0.0',
  url: 'https://example.com',
  supportedContractVersions: ['1.0'],
  capabilities: ['SIGNATURE_GENERATOR.RAW'],
};

describe('what a plugin says of itself', () => {
  it('is taken, with members and capabilities that nobody knows', async () => {
    const said = { ...good, more: 1, supportedContractVersions: ['2.0', '1.0'], capabilities: ['A.NEW_ONE'] };
    const { more: _, ...wanted } = said;
    expect(await pluginMetadata(answering(said))).toEqual(wanted);
  });

  it.each([
    ['of many lists', () => `[${'[],'.repeat(4_000_000)}0]`],
    ['of many names', () => `{${Array.from({ length: 600_000 }, (_, at) => `"name ${at}":0`).join(',')}}`],
    ['of lists within lists', () => '['.repeat(8 * 1024 * 1024)],
    ['of one long text', () => JSON.stringify({ ...good, description: 'x'.repeat(20 * 1024 * 1024) })],
    ['of a text that is long, and allowed', () => JSON.stringify({ ...good, description: 'x'.repeat(1024 * 1024) })],
  ])('an answer %s costs little', async (_, make) => {
    const program = answering(new Uint8Array(Buffer.from(make())));
    const started = performance.now();
    expect(await failureOf(pluginMetadata(program))).toMatchObject({ code: 'PLUGIN_CONTRACT' });
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it('is asked for with nothing, or the settings alone', async () => {
    const program = answering(good);
    await pluginMetadata(program);
    await pluginMetadata(program, { config: {} });
    await pluginMetadata(program, { config: { vault: 'a' } });
    expect(program.asked).toEqual([{}, {}, { pluginConfig: { vault: 'a' } }]);
  });

  it.each([
    ['wrong-name', 'it says that its name is "somebody-else"'],
    ['wrong-contract', 'it speaks the contract "2.0", here 1.0 is spoken'],
    ['no-url', 'url is not a string'],
    ['no-capabilities', 'capabilities is not a list that has something in it'],
  ])('%s is refused, of a process too', async (fault, why) => {
    const error = await failureOf(pluginMetadata(await startablePlugin({ name: 'bad', kind: 'raw', fault })));
    expect(error).toMatchObject({ code: 'PLUGIN_CONTRACT', message: expect.stringContaining(why) });
    expect(error.message).toContain('the plugin bad breaks its contract: get-plugin-metadata');
  });

  it.each(Object.keys(good))('is refused without %s, or with it empty or of another type', async (name) => {
    for (const value of [undefined, '', '  ', [], [''], 1, null, {}]) {
      const error = await failureOf(pluginMetadata(answering({ ...good, [name]: value })));
      expect(error, JSON.stringify(value)).toMatchObject({ code: 'PLUGIN_CONTRACT' });
    }
  });

  it.each([[[]], ['text'], [null], [3]])('is an object, not %j', async (said) => {
    expect(await failureOf(pluginMetadata(answering(said)))).toMatchObject({ code: 'PLUGIN_CONTRACT' });
  });

  it('whatever bytes come: metadata, or an error of its own class', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
      fc
        .record({ name: fc.constantFrom('fake', 'other'), version: fc.jsonValue(), url: fc.jsonValue() })
        .map((some) => Buffer.from(JSON.stringify({ ...good, ...some }))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (said) => {
        try {
          expect((await pluginMetadata(answering(said))).name).toBe('fake');
        } catch (error) {
          expect(error).toBeInstanceOf(PluginError);
        }
      }),
    );
  });

  it('a capability that is needed has to be there', async () => {
    const metadata = await pluginMetadata(answering(good));
    needCapability(metadata, 'SIGNATURE_GENERATOR.RAW');
    expect(() => needCapability(metadata, 'SIGNATURE_VERIFIER.REVOCATION_CHECK')).toThrow(
      expect.objectContaining({ code: 'PLUGIN_INCAPABLE' }),
    );
  });
});

describe('versions of plugins', () => {
  it.each([
    ['1.0.0', '1.0.1', -1],
    ['1.0.0', '1.0.0-rc.1', 1],
    ['2.0.0', '10.0.0', -1],
    ['1.0.0+a', '1.0.0+b', 0],
    ['1.0', '1.0.0', undefined],
    ['1.0.0', 'v1.0.0', undefined],
    ['1.0.0', ' 1.0.0', undefined],
    ['01.0.0', '1.0.0', undefined],
  ] as const)('%s beside %s: %s', (one, other, wanted) => {
    expect(comparePluginVersions(one, other)).toBe(wanted);
  });

  it('are none of these', () => {
    for (const text of ['', 'latest', '1', `1.0.${'9'.repeat(300)}`]) expect(isPluginVersion(text), text).toBe(false);
  });
});
