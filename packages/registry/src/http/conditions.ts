import type { IncomingHttpHeaders } from 'node:http';
import type { Digest } from '@signet/oci';
import type { WriteCondition } from '../storage/repository.ts';

/** `value` is what stands between the quotes. */
export interface EntityTag {
  readonly isWeak: boolean;
  readonly value: string;
}

type Conditions = Pick<IncomingHttpHeaders, 'if-match' | 'if-none-match'>;

/** Whether a GET or HEAD is to be answered with 304; a condition that cannot be read is none. Rule: RFC 9110, 13.1.2 (weak comparison). */
export function isNotModified(headers: Conditions, etag: string): boolean {
  const known = parseEntityTags(headers['if-none-match'] ?? '');
  return known === '*' || (known?.some(({ value }) => `"${value}"` === etag) ?? false);
}

/**
 * The conditions of a PUT or DELETE, all of which must hold; undefined where there are none. One that cannot be read does not hold:
 * what was to be prevented is not done for want of a quote. Rule: RFC 9110, 13.1.1 (strong comparison), 13.1.2 (weak).
 */
export function writeCondition(headers: Conditions): WriteCondition | undefined {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const wanted = ifMatch === undefined ? undefined : (parseEntityTags(ifMatch) ?? []);
  const refused = ifNoneMatch === undefined ? [] : parseEntityTags(ifNoneMatch);
  return (now) => (wanted === undefined || isWanted(wanted, now)) && refused !== undefined && !isRefused(refused, now);
}

/** `*` or a list; undefined for what is neither. A digest without its quotes is taken for one with. Rule: RFC 9110, 8.8.3, 5.6.1 */
export function parseEntityTags(text: string): '*' | readonly EntityTag[] | undefined {
  if (text.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  // Sticky: each element begins where the one before ended, so that one pass reads the text.
  const element = /[ \t]*(?:(W\/)?"([!\x23-\x7e\x80-\xff]*)"|([a-z0-9]+:[0-9a-f]+))?[ \t]*(?:,|$)/y;
  while (element.lastIndex < text.length) {
    const found = element.exec(text);
    if (found === null) return undefined;
    const value = found[2] ?? found[3];
    if (value !== undefined) tags.push({ isWeak: found[1] !== undefined, value });
  }
  return tags.length === 0 ? undefined : tags;
}

function isWanted(wanted: '*' | readonly EntityTag[], now: Digest | undefined): boolean {
  if (now === undefined) return false;
  return wanted === '*' || wanted.some(({ isWeak, value }) => !isWeak && value === now);
}

function isRefused(refused: '*' | readonly EntityTag[], now: Digest | undefined): boolean {
  if (now === undefined) return false;
  return refused === '*' || refused.some(({ value }) => value === now);
}
