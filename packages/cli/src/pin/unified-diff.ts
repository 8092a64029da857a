/** Lines shown around a change. */
const context = 3;

/**
 * The change from one text to another with as many lines, line by line, in the unified form that `git apply` and `patch -p1` take; empty
 * where nothing changed. (Digests are put into lines: the general problem, which libraries solve, takes long for many changes.)
 * Rule: POSIX diff -u; git's quoted names
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const changed = now.flatMap((line, at) => (line === old[at] ? [] : [at]));
  if (changed.length === 0) return '';
  const hunks = hunksOf(changed, old.length).map((hunk) => hunkText(hunk, old, now));
  return `--- ${nameOf('a', path)}\n+++ ${nameOf('b', path)}\n${hunks.join('')}`;
}

/** Each with its line end; the last one may have none. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface Hunk {
  readonly from: number;
  /** The line after the last. */
  to: number;
}

/** Changes so near that their surroundings touch share a hunk. */
function hunksOf(changed: readonly number[], length: number): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const at of changed) {
    const last = hunks.at(-1);
    const to = Math.min(length, at + 1 + context);
    if (last !== undefined && at - context <= last.to) last.to = to;
    else hunks.push({ from: Math.max(0, at - context), to });
  }
  return hunks;
}

/** What goes comes before what comes, for each run of changed lines. */
function hunkText({ from, to }: Hunk, old: readonly string[], now: readonly string[]): string {
  const lines: string[] = [];
  let added: string[] = [];
  for (let at = from; at < to; at++) {
    const [was = '', is = ''] = [old[at], now[at]];
    if (was === is) {
      lines.push(...added, diffLine(' ', was));
      added = [];
    } else {
      lines.push(diffLine('-', was));
      added.push(diffLine('+', is));
    }
  }
  const range = `${from + 1},${to - from}`;
  return `@@ -${range} +${range} @@\n${[...lines, ...added].join('')}`;
}

function diffLine(sign: string, line: string): string {
  return line.endsWith('\n') ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`;
}

/** A tab after the name where a blank in it could end it. */
function nameOf(side: string, path: string): string {
  const name = `${side}/${path.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '')}`;
  if (/["\p{Cc}]/u.test(name)) return `"${name.replace(/["\p{Cc}]/gu, quoted)}"`;
  return name.includes(' ') ? `${name}\t` : name;
}

function quoted(character: string): string {
  if (character === '"') return '\\"';
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
