import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/project.ts';

/** A fenced block: the word behind the fence (`sh`), what follows it (a file's name), and its lines. */
export interface CodeBlock {
  readonly language: string;
  readonly name: string;
  readonly lines: readonly string[];
}

/** A table, its cells as they are written. */
export interface Table {
  /** That it stands under. */
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What tests look at in a Markdown file. Links are of the form `[text](target)`; neither links nor spans are looked for inside blocks. */
export interface MarkdownFile {
  readonly blocks: readonly CodeBlock[];
  readonly tables: readonly Table[];
  readonly spans: readonly string[];
  readonly links: readonly string[];
  /** The anchors that GitHub gives its headings. */
  readonly anchors: readonly string[];
}

/** Reads the text of a Markdown file. */
export function readMarkdown(text: string): MarkdownFile {
  const blocks: CodeBlock[] = [];
  const prose = text.replace(/^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm, (_all, ...found: string[]) => {
    const [language = '', name = '', body = ''] = found;
    blocks.push({ language, name: name.trim(), lines: body.replace(/\n$/, '').split('\n') });
    return '';
  });
  const plain = prose.replace(/`[^`\n]+`/g, '');
  return {
    blocks,
    tables: tablesOf(prose),
    spans: [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? ''),
    links: [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? ''),
    anchors: anchorsOf([...prose.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '')),
  };
}

/** All Markdown files of the checkout, by path from its root with slashes. */
export function readDocs(): ReadonlyMap<string, MarkdownFile> {
  const paths = globSync('{*.md,{docs,packages,keys.example,examples,bench,deploy}/**/*.md}', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  }).map((path) => path.replaceAll('\\', '/'));
  return new Map(paths.sort().map((path) => [path, readMarkdown(readFileSync(join(root, path), 'utf8'))]));
}

/** Lines of a shell block as the shell reads them: those that end with a backslash continue. */
export function logicalLines(lines: readonly string[]): readonly string[] {
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
}

function tablesOf(prose: string): readonly Table[] {
  const sections = prose.split(/^#{1,6} /m);
  return sections.flatMap((section) => {
    const [heading = ''] = section.split('\n', 1);
    return [...section.matchAll(/(?:^\|.*(?:\n|$))+/gm)].map(([table]) => {
      const [columns = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf);
      return { heading, columns, rows };
    });
  });
}

/** A bar with a backslash before it is no border. */
function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** A heading that is there twice gets a number. */
function anchorsOf(headings: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}
