import { type CodeBlock, logicalLines, type MarkdownFile } from './markdown.ts';

/** What the placeholders of a document stand for while a test runs its commands. */
export interface Placeholders {
  /** `registry.example.com` */
  readonly registry: string;
  /** `mirror.example.com` */
  readonly mirror: string;
  /** The digest that `REPOSITORY:TAG` of `registry.example.com` names; for `REFERENCE@sha256:…`. */
  readonly digests: ReadonlyMap<string, string>;
}

/** The shell commands of a document, sorted by what a test does with them. */
export interface DocumentCommands {
  /** Calls of npm, such as `npm run demo -- --keep`: held against package.json, not run (the tests themselves are among them). */
  readonly npm: readonly string[];
  /** All other lines of its `sh` blocks, in order. */
  readonly lines: readonly string[];
}

/** All lines of the `sh` blocks of a document. A line is npm's when every command in it is. */
export function commandsOf({ blocks }: MarkdownFile): DocumentCommands {
  const lines = blocks.filter(({ language }) => language === 'sh').flatMap((block) => logicalLines(block.lines));
  const isNpm = (line: string): boolean => commandsIn(line).every((command) => /^npm\b/.test(command));
  const real = lines.filter((line) => withoutComment(line) !== '');
  return { npm: real.filter(isNpm).flatMap(commandsIn), lines: real.filter((line) => !isNpm(line)) };
}

/** `REPOSITORY:TAG` of every image of `registry.example.com` that the lines name: they are there before the commands run. */
export function imagesOf(lines: readonly string[]): readonly string[] {
  const found = lines.flatMap((line) => [...line.matchAll(/registry\.example\.com\/([\w./-]+:[\w.-]+)/g)]);
  return [...new Set(found.map((match) => match[1] ?? ''))].sort();
}

/**
 * One script for all commands of a document, in one folder, stopped by the first that ends otherwise than it should: with 0, or with N where
 * the line ends in `# exit N`. Rule: CONTRIBUTING.md, "Commands in documents".
 */
export function toScript(lines: readonly string[], placeholders: Placeholders): string {
  const steps = lines.map((line) => toStep(substitute(line, placeholders)));
  return ['set -euo pipefail', ...steps, ''].join('\n');
}

/** The blocks of a document that are files, by the name behind their language. */
export function filesOf(
  blocks: readonly CodeBlock[],
  placeholders: Placeholders,
): readonly { readonly name: string; readonly text: string }[] {
  return blocks
    .filter(({ name }) => name !== '')
    .map(({ name, lines }) => ({ name, text: `${substitute(lines.join('\n'), placeholders)}\n` }));
}

function toStep(line: string): string {
  const expected = /#\s*exit (\d+)\b/.exec(line)?.[1];
  if (expected === undefined) return line;
  const command = withoutComment(line);
  return `code=0; ( ${command} ) || code=$?; [ "$code" = ${expected} ] || { echo "exit $code, not ${expected}: ${escapeQuotes(command)}" >&2; exit 1; }`;
}

function substitute(line: string, { registry, mirror, digests }: Placeholders): string {
  return line
    .replace(/registry\.example\.com\/([\w./-]+:[\w.-]+)@sha256:…/g, (reference, image: string) =>
      reference.replace(/sha256:…$/, digests.get(image) ?? 'sha256:…'),
    )
    .replaceAll('registry.example.com', registry)
    .replaceAll('mirror.example.com', mirror)
    .replace(/\bnpx (signet|node)\b/g, '$1');
}

function commandsIn(line: string): readonly string[] {
  return withoutComment(line)
    .split('&&')
    .map((command) => command.trim())
    .filter((command) => command !== '');
}

function withoutComment(line: string): string {
  return line.replace(/(?:^|\s)#.*$/, '').trim();
}

function escapeQuotes(text: string): string {
  return text.replace(/["\\$`]/g, '\\$&');
}
