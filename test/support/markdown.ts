import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/project.ts';

/** A fenced block: the word behind the fence (`sh`), and its lines. */
export interface CodeBlock {
  readonly language: string;
  readonly lines: readonly string[];
}

/** What tests look at in a Markdown file. Links are of the form `[text](target)`; neither links nor spans are looked for inside blocks. */
export interface MarkdownFile {
  readonly blocks: readonly CodeBlock[];
  readonly spans: readonly string[];
  readonly links: readonly string[];
  /** The anchors that GitHub gives its headings. */
  readonly anchors: readonly string[];
}

/** Reads the text of a Markdown file. */
export function readMarkdown(text: string): MarkdownFile {
  const blocks: CodeBlock[] = [];
  const prose = text.replace(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm, (_all, language: string, body: string) => {
    blocks.push({ language, lines: body.replace(/\n$/, '').split('\n') });
    return '';
  });
  const plain = prose.replace(/`[^`\n]+`/g, '');
  return {
    blocks,
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
