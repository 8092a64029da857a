import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJsonText } from '@signet/verifier';
import { expect, it } from 'vitest';
import { writePage } from '../../../packages/cli/src/audit/page.ts';
import { browserProgram, openInBrowser } from '../../support/browser.ts';
import { tempDir } from '../../support/temp.ts';
import { auditHead, resultOf } from './entries.ts';

const hostile = `r.example/"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;
const program = browserProgram();

it.skipIf(program === undefined)(
  'the page filters in a real browser, and runs nothing that came from outside',
  async () => {
    const dir = tempDir();
    const [journal, path] = [join(dir, 'audit.jsonl'), join(dir, 'audit.html')];
    const entries = [
      auditHead,
      resultOf('r.example/a:1'),
      resultOf('r.example/b:1', 'denied'),
      { ...resultOf('r.example/c:1', 'denied'), summary: hostile },
      resultOf(hostile, 'undecided'),
    ];
    writeFileSync(journal, entries.map((entry) => `${toJsonText(entry, 0)}\n`).join(''));
    await writePage(path, journal);
    const page = await openInBrowser(program ?? '', path);
    const shown = () =>
      page.evaluate(`[...document.querySelectorAll('#images tbody tr')].filter((row) => row.offsetHeight > 0).length`);
    const choose = (id: string, value: string) =>
      page.evaluate(
        `(() => { const field = document.getElementById(${JSON.stringify(id)}); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event('input', { bubbles: true })); })()`,
      );
    try {
      expect(await page.evaluate('document.title')).toBe('Signet audit: r.example');
      expect(await page.evaluate('document.scripts.length + document.images.length')).toBe(1);
      expect(await page.evaluate(`getComputedStyle(document.querySelector('table')).borderCollapse`)).toBe('collapse');
      expect(await page.evaluate(`document.querySelectorAll('#images summary')[3].textContent`)).toBe(hostile);
      expect(await shown()).toBe(4);
      await choose('verdict', 'denied');
      expect(await shown()).toBe(2);
      await choose('text', 'R.EXAMPLE/B');
      expect(await shown()).toBe(1);
      expect(await page.evaluate(`document.getElementById('shown').textContent`)).toBe('1 of 4');
      await choose('text', '');
      await choose('verdict', '');
      await choose('code', 'INCOMPLETE');
      expect(await shown()).toBe(1);
    } finally {
      await page.close();
    }
  },
);
