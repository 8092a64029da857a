import type { ReadContext } from './context.ts';

/** Images one a line; empty lines and what follows `#` (at the start of a line or after a blank) are left out. */
export function readList({ text, gathering, kinds }: ReadContext): void {
  kinds.add('list');
  for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
    const content = line.replace(/^\uFEFF/, ' ').replace(/(?:^|\s)#.*$/, '');
    const written = content.trim();
    if (written === '') continue;
    const start = index + content.indexOf(written);
    const end = start + written.length;
    const spot = { span: { start, end }, pin: { kind: 'insert', offset: end } } as const;
    gathering.image({ written, resolved: written, role: 'listed', path: '', spot });
  }
}
