import {
  createMemoryStore,
  type Descriptor,
  defaultLimits,
  digestOf,
  listReferrers,
  MEDIA_TYPE_EMPTY,
  MEDIA_TYPE_MANIFEST,
  type ReferrersPage,
  RegistryError,
  type Source,
} from '@signet/oci';
import { expect, it } from 'vitest';
import { codeOf } from './code-of.ts';

const entry = (text: string, artifactType?: string): Descriptor => ({
  mediaType: MEDIA_TYPE_MANIFEST,
  digest: digestOf(Buffer.from(text)),
  size: text.length,
  ...(artifactType === undefined ? {} : { artifactType }),
});
const subject = entry('subject');
const page = (via: ReferrersPage['via'], ...texts: readonly string[]): ReferrersPage => ({
  via,
  descriptors: texts.map((text) => entry(text)),
});

/** A source whose listing comes in these pages. */
function listing(pages: readonly ReferrersPage[], failure?: RegistryError): Source {
  return {
    ...createMemoryStore(),
    async *referrers() {
      yield* pages;
      if (failure !== undefined) throw failure;
    },
  };
}

const listed = async (...pages: readonly ReferrersPage[]): Promise<readonly string[]> =>
  (await listReferrers(listing(pages), subject)).map((descriptor) => descriptor.digest);
const digests = (...texts: readonly string[]): readonly string[] => texts.map((text) => entry(text).digest);

it('drains all pages and names each digest once', async () => {
  expect(await listed(page('api', 'a', 'b'), page('api', 'b', 'c', 'c'))).toEqual(digests('a', 'b', 'c'));
  expect(await listed(page('scan'))).toEqual([]);
});

it('counts the pages of the API alone once one came, whatever came before or after', async () => {
  expect(await listed(page('tag', 'old'), page('api', 'a'), page('tag', 'late'))).toEqual(digests('a'));
  expect(await listed(page('tag', 'old'), page('api'))).toEqual([]);
  expect(await listed(page('tag', 'old'))).toEqual(digests('old'));
});

it('leaves out only what certainly has another type', async () => {
  const entries = [entry('ours', 'a/ours'), entry('other', 'a/other'), entry('empty', MEDIA_TYPE_EMPTY), entry('none')];
  const source = listing([{ via: 'tag', descriptors: entries }]);
  const found = await listReferrers(source, subject, { artifactType: 'a/ours' });
  expect(found.map((descriptor) => descriptor.digest)).toEqual(digests('ours', 'empty', 'none'));
});

it('fails when the listing is not complete, and at its limit', async () => {
  const failure = new RegistryError('UNREACHABLE', 'pages lost');
  expect(await codeOf(listReferrers(listing([page('api', 'a')], failure), subject))).toBe('UNREACHABLE');
  const limits = { ...defaultLimits, maxReferrers: 2 };
  const list = (...texts: readonly string[]): Promise<unknown> =>
    listReferrers(listing([page('api', ...texts)]), subject, { limits });
  expect(await codeOf(list('a', 'b', 'b'))).toBe('resolved');
  expect(await codeOf(list('a', 'b', 'c'))).toBe('LIMIT_REACHED');
});
