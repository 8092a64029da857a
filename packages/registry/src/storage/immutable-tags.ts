import { RegistryStartError, show } from '../errors.ts';

/** Whether a tag, once it is there, stays what it is. */
export type IsImmutable = (repository: string, tag: string) => boolean;

const repositoryPattern = /^[a-z0-9._\-/*]{1,255}$/;
const tagPattern = /^[A-Za-z0-9_.\-*]{1,128}$/;

/**
 * Reads patterns `TAG` and `REPOSITORY:TAG`, in which `*` stands for any characters, `/` among them.
 * @throws {RegistryStartError} OPTIONS_INVALID
 */
export function parseImmutableTags(patterns: readonly string[]): IsImmutable {
  const rules = patterns.map(parsePattern);
  return (repository, tag) => rules.some((rule) => fits(rule.repository, repository) && fits(rule.tag, tag));
}

interface Rule {
  readonly repository: string;
  readonly tag: string;
}

function parsePattern(pattern: string): Rule {
  const colon = pattern.indexOf(':');
  const rule = colon === -1 ? { repository: '*', tag: pattern } : splitAt(pattern, colon);
  if (repositoryPattern.test(rule.repository) && tagPattern.test(rule.tag)) return rule;
  throw new RegistryStartError(
    'OPTIONS_INVALID',
    `${show(pattern)} is no pattern of tags: TAG or REPOSITORY:TAG, with *`,
  );
}

function splitAt(pattern: string, colon: number): Rule {
  return { repository: pattern.slice(0, colon), tag: pattern.slice(colon + 1) };
}

/** Each part between stars at the first place where it can stand: no star needs a second try. */
function fits(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
