import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJsonText } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../packages/cli/src/audit/entry.ts';
import { writePage } from '../../../packages/cli/src/audit/page.ts';
import { pageScript, pageStyle, sourceHash } from '../../../packages/cli/src/audit/page-assets.ts';
import { html } from '../../../packages/cli/src/audit/page-html.ts';
import { tempDir } from '../../support/temp.ts';
import { auditHead, resultOf } from './entries.ts';

const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\u202e\u0000\``;

async function pageOf(entries: readonly Entry[]): Promise<string> {
  const dir = tempDir();
  const journal = join(dir, 'audit.jsonl');
  writeFileSync(journal, entries.map((entry) => `${toJsonText(entry, 0)}\n`).join(''));
  await writePage(join(dir, 'sub/audit.html'), journal);
  expect(readdirSync(join(dir, 'sub'))).toEqual(['audit.html']); // nothing is left beside it
  return readFileSync(join(dir, 'sub/audit.html'), 'utf8');
}

const end: Entry = { kind: 'end', images: 2, repositories: 0, passedOver: 3, endedAt: '2026-01-01T00:00:02.000Z' };

describe('the page of an audit', () => {
  it('has every image with its explanation, and the counts', async () => {
    const page = await pageOf([auditHead, resultOf('r.example/a:1'), resultOf('r.example/b:1', 'denied'), end]);
    expect(page.match(/<details data-verdict=/g)).toHaveLength(2);
    expect(page).toContain('<b>2</b> images: <b class="verified">1 verified</b>, <b class="denied">1 denied</b>');
    expect(page).toContain('3 tags that name signatures were passed over');
    expect(page).toContain('<dt>Why</dt><dd>why of r.example/b:1</dd>');
    expect(page).not.toContain('not finished');
  });

  it('says that an audit is not finished', async () => {
    expect(await pageOf([auditHead, resultOf('r.example/a:1')])).toContain('not finished');
  });

  it('lets no text from outside become markup', async () => {
    const bad = { reference: hostile, code: hostile, rule: hostile, mode: hostile, summary: hostile, remedy: hostile };
    const page = await pageOf([
      auditHead,
      { ...resultOf('x', 'denied'), ...bad, digest: hostile, details: [hostile] },
      end,
    ]);
    expect(page.match(/<script>/g)).toHaveLength(1);
    for (const text of ['<img', "onerror='", '\u202e', '\u0000']) expect(page).not.toContain(text);
    expect(page).toContain('&#60;script&#62;alert(1)');
  });

  it('allows its own script and style alone, and nothing to load', async () => {
    const page = await pageOf([auditHead, end]);
    expect(page).toContain(
      `content="default-src 'none'; script-src '${sourceHash(pageScript)}'; style-src '${sourceHash(pageStyle)}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(page).not.toMatch(/\b(?:src|href|action)=/);
    expect(page).not.toMatch(/https?:/);
    expect(page).not.toMatch(/ (?:style|on[a-z]+)=/);
  });
});

describe('html', () => {
  it('writes out what has a meaning in texts and attributes', () => {
    expect(html(`<a b="c" d='e'>&\``)).toBe('&#60;a b=&#34;c&#34; d=&#39;e&#39;&#62;&#38;&#96;');
  });
});
