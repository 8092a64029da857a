import { createSoftwareSigner, generateKey, pae, parseBundle, signBlob } from '@signet/core';
import { digestOf } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { isImagePayload } from '../../../packages/core/src/formats/image-payload.ts';
import { simpleSigningOf, statementOf } from '../../verifier/signatures.ts';

const image = digestOf(Buffer.from('an image that nobody meant to sign'));
const statement = Buffer.from(JSON.stringify(statementOf(image)));
const dsse = pae('application/vnd.in-toto+json', statement);
const simple = JSON.stringify(simpleSigningOf(image));
const critical = JSON.stringify(simpleSigningOf(image).critical);

describe('isImagePayload', () => {
  it.each<[string, string | Uint8Array]>([
    ['what DSSE signs', dsse],
    ['what DSSE signs for another type', pae('application/json', Buffer.from('{}'))],
    ['simple signing', simple],
    ['white space before it', ` \r\n\t${simple}`],
    ['names that only Go takes for the same', `{"CRITICAL":${critical}}`],
    ['an escaped name', `{"\\u0063ritical":${critical}}`],
    ['a doubled name, the last one null', `{"critical":${critical},"critical":null}`],
    ['a second spelling that is something else', `{"critical":${critical},"Critical":3}`],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`{"critical":${critical},"x":"`), Buffer.from([0xff, 0x22, 0x7d])]),
    ],
  ])('sees %s', (_, content) => {
    expect(isImagePayload(Buffer.from(content))).toBe(true);
  });

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['white space', ' \n'],
    ['a file', 'the content of a file'],
    ['the bare statement, which no format signs as it is', statement],
    ['another version of the encoding', 'DSSEv2 4 text 0 '],
    ['a count by that name', '{"critical":3,"high":[]}'],
    ['a list by that name', '{"critical":[{}]}'],
    ['the name further down', `{"a":${simple}}`],
    ['a list around it', `[${simple}]`],
    ['JSON that is cut off', simple.slice(0, -1)],
    ['something behind it', `${simple}x`],
  ])('lets %s be', (_, content) => {
    expect(isImagePayload(Buffer.from(content))).toBe(false);
  });
});

describe('signBlob', () => {
  it.each([dsse, Buffer.from(simple)])(
    'does not sign an image for who hands in its payload as a file',
    async (blob) => {
      const signer = createSoftwareSigner(await generateKey('ecdsa-p256'));
      const refused = { name: 'EnvelopeError', code: 'BLOB_IS_PAYLOAD' };
      await expect(signBlob({ blob, signer })).rejects.toMatchObject(refused);
      await expect(signBlob({ blob, signer, form: { kind: 'signature' } })).rejects.toMatchObject(refused);
      expect(await signBlob({ blob, signer, form: { kind: 'signature', imagePayload: true } })).toBeInstanceOf(
        Uint8Array,
      );
    },
  );

  it('signs a statement about such a file: that says nothing about the image', async () => {
    const signer = createSoftwareSigner(await generateKey('ecdsa-p256'));
    const form = { kind: 'statement', predicateType: 'https://example.com/review/v1' } as const;
    const { content } = parseBundle(await signBlob({ blob: dsse, signer, form }));
    expect(content.kind).toBe('dsse');
  });
});
