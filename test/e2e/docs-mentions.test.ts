import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../packages/cli/src/run.ts';
import { root } from '../../scripts/project.ts';
import { logicalLines, type MarkdownFile, readDocs, readMarkdown } from '../support/markdown.ts';

const docs = readDocs();
const files = [...docs.keys()];
let program: Command;

beforeAll(async () => {
  const silent = { isTTY: false, write: () => undefined };
  const never = new AbortController().signal;
  const streams = { stdout: silent, stderr: silent, stdin: process.stdin };
  const io = { ...streams, env: {}, secrets: {}, signal: never, untilStopped: () => never };
  program = await createContext(io).wholeProgram();
});

describe('the documentation', () => {
  it('is found', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/cli.md']));
  });

  it.each(files)('%s: relative links lead somewhere, also within a file', (file) => {
    const { links } = docOf(file);
    expect(links.filter((link) => !/^(?:https?|mailto):/.test(link) && !leadsSomewhere(file, link))).toEqual([]);
  });

  it.each(files)('%s: names no command or option that the program does not have', (file) => {
    expect(mentionsOf(docOf(file)).flatMap((line) => unknownIn(line))).toEqual([]);
  });
});

describe('what the documentation is held to', () => {
  it.each([
    ['signet key generate --out release', []],
    ['signet --help', []],
    ['signet COMMAND --help', []],
    ['signet sign [options] <reference...>', []],
    ['signet vanish web:1.4', ['signet vanish']],
    ['signet key vanish', ['signet key vanish']],
    ['signet verify --key a.pub --vanish web', ['signet verify --vanish']],
    ['signet verify --vanish=1 web', ['signet verify --vanish']],
  ])('finds in %j: %j', (line, unknown) => {
    expect(unknownIn(line)).toEqual(unknown);
  });

  it('reads commands from spans and blocks, and no prose', () => {
    const text = [
      'Use `signet a` or `npx signet b`; signet c is prose.',
      '```sh',
      'X=1 signet d --e \\',
      '  --f && npx signet g | signet h # signet i',
      'echo "$(signet j -)"',
      '```',
      '```',
      'signet k [options]',
      'The program signet is not here.',
      '  signet l',
      '```',
    ].join('\n');
    const [a, b, ...rest] = mentionsOf(readMarkdown(text));
    expect([a, b]).toEqual(['signet a', 'signet b']);
    expect(rest).toEqual(['signet d --e --f', 'signet g', 'signet h', 'signet j -', 'signet k [options]', 'signet l']);
  });

  it('follows links to files, folders and headings', () => {
    expect(leadsSomewhere('README.md', 'docs/errors.md')).toBe(true);
    expect(leadsSomewhere('docs/errors.md', '../README.md#signet')).toBe(true);
    expect(leadsSomewhere('README.md', '#commands')).toBe(docOf('README.md').anchors.includes('commands'));
    expect(leadsSomewhere('README.md', 'docs/vanished.md')).toBe(false);
    expect(leadsSomewhere('README.md', 'docs/errors.md#vanished')).toBe(false);
    expect(leadsSomewhere('docs/errors.md', 'README.md')).toBe(false);
  });
});

function docOf(file: string): MarkdownFile {
  return docs.get(file) ?? readMarkdown('');
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : join(dirname(from), path).replaceAll('\\', '/');
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || docOf(target).anchors.includes(anchor);
}

/** Every call of the program: code spans that are one, lines of blocks that are one, in shell blocks also within a line. */
function mentionsOf({ spans, blocks }: MarkdownFile): readonly string[] {
  const spanned = spans.flatMap((span) => /^(?:npx )?(signet .*)$/.exec(span)?.[1] ?? []);
  const blocked = blocks.flatMap(({ language, lines }) =>
    logicalLines(lines).flatMap((line) =>
      language === 'sh'
        ? [...line.replace(/(?:^|\s)#.*$/, '').matchAll(/(?<![\w./-])signet [^|;&)"]*/g)].map(([call]) => call.trim())
        : (/^\s*(?:npx )?(signet .*)$/.exec(line)?.[1] ?? []),
    ),
  );
  return [...spanned, ...blocked];
}

/** The commands and options of a line that the program does not have. Words in capitals or brackets stand for something else. */
function unknownIn(line: string): readonly string[] {
  const words = line.split(/\s+/).slice(1);
  let command = program;
  const path = ['signet'];
  while (command.commands.length > 0) {
    const word = words[0];
    if (word === undefined || /^[-<[A-Z]/.test(word)) break;
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) return [[...path, word].join(' ')];
    command = next;
    path.push(word);
    words.shift();
  }
  const known = ['--help', '--version', ...command.options.flatMap(({ long }) => long ?? [])];
  const asked = words.flatMap((word) => /^--[a-z][\w-]*/.exec(word)?.[0] ?? []);
  return asked.filter((option) => !known.includes(option)).map((option) => `${path.join(' ')} ${option}`);
}
