import { unlessMissing } from '@signet/oci';
import { TagsError } from '../errors.ts';
import { HEAD_TAG } from '../head/head.ts';
import { listJournal } from '../journal/journal.ts';
import type { Published, WriterOptions } from './options.ts';
import type { PublishOptions } from './publish.ts';
import { runPublisher } from './run.ts';

/**
 * Writes the first catalogue of a collection, with the operations that it begins with: those of a repository in use are its tags, signed anew.
 * Refuses where there is anything already.
 * @throws {TagsError} CATALOGUE_EXISTS, and as {@link runPublisher}
 */
export async function init(options: Omit<PublishOptions, 'afterMs' | 'allowCold'>): Promise<Published> {
  await checkNothingThere(options);
  return runPublisher({ ...options, operations: options.operations ?? [], mayCreate: true });
}

/** That a collection can begin. @throws {TagsError} CATALOGUE_EXISTS; {RegistryError} what the store throws */
export async function checkNothingThere({
  store,
  state,
  signal,
  authority,
}: Pick<WriterOptions, 'store' | 'state' | 'signal' | 'authority'>): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const exists = (what: string): TagsError =>
    new TagsError('CATALOGUE_EXISTS', `${what} of ${authority.collection}: init begins where there is nothing`);
  if ((await unlessMissing(store.resolve(HEAD_TAG, options))) !== undefined) throw exists('there is a catalogue');
  const [first] = await listJournal(store, signal);
  if (first !== undefined) throw exists(`there are journal entries (${first})`);
  if ((await state.read()) !== undefined) throw exists('something is remembered here');
}
