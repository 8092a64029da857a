import type { InputKind } from './inventory.ts';

/** How a file is to be read: as YAML, whose documents say themselves what they are, or as one of the others. */
export type Reading = 'yaml' | 'dockerfile' | 'list';

/** What a file is by its name, undefined where the name says nothing. */
export function readingOfName(file: string): Reading | undefined {
  const name = (/[^\\/]*$/.exec(file)?.[0] ?? '').toLowerCase();
  if (/^(?:dockerfile|containerfile)(?:$|[.-])|\.(?:dockerfile|containerfile)$/.test(name)) return 'dockerfile';
  if (/\.(?:ya?ml|json)$/.test(name)) return 'yaml';
  return /\.(?:txt|list)$/.test(name) ? 'list' : undefined;
}

/** What a text is by its first line that says something. Rule: docs/inputs.md "What a file is taken for" */
export function readingOfText(text: string): Reading {
  const first = firstLine(text);
  if (/^#\s*(?:syntax|escape|check)\s*=/i.test(text.trimStart()) || /^(?:FROM|ARG)\s/i.test(first)) return 'dockerfile';
  return /^(?:---|[%[{]|- |\? |<<|["']?[\w./ -]+["']?\s*:(?:\s|$))/.test(first) ? 'yaml' : 'list';
}

/** The way of reading that a kind means. */
export function readingOfKind(kind: InputKind): Reading {
  return kind === 'kubernetes' || kind === 'compose' ? 'yaml' : kind;
}

/** The first line that is neither empty nor a comment; at most the first 64 KiB are looked at, and 200 characters given. */
function firstLine(text: string): string {
  const lines = text
    .slice(0, 65_536)
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/);
  return (lines.find((line) => !/^\s*(?:#|$)/.test(line)) ?? '').trimStart().slice(0, 200);
}
