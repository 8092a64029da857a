import { isTag } from '@signet/oci';

/** Tags that begin so are those of catalogue, journal and history: never signed, never resolved. Rule: signed-tags.md 3.2. */
const reservedPrefix = 'signet-tags';
/** Tag of a journal entry, before its ULID. */
export const JOURNAL_TAG_PREFIX: string = `${reservedPrefix}.j.`;
/** Tag of a kept head, before its ULID. */
export const HISTORY_TAG_PREFIX: string = `${reservedPrefix}.h.`;

/** Whether the text is a tag that a catalogue may hold. */
export function isOpenTag(text: string): boolean {
  return isTag(text) && !text.startsWith(reservedPrefix);
}
