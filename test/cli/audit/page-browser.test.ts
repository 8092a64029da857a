import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { toJsonText } from '@signet/verifier';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Entry, ResultEntry } from '../../../packages/cli/src/audit/entry.ts';
import { writePage } from '../../../packages/cli/src/audit/page.ts';
import { type BrowserPage, type Looking, openInBrowser } from '../../support/browser.ts';
import { itWithPeers, needPeer } from '../../support/peers.ts';
import { tempDir } from '../../support/temp.ts';
import { auditHead, resultOf } from './entries.ts';

/** Whoever asks it was let out of the page. */
let outside: Server;
let address: string;
const asked: string[] = [];
beforeAll(async () => {
  outside = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${Object(outside.address()).port}`;
});
afterAll(() => outside.close());

const end: Entry = { kind: 'end', images: 5, repositories: 0, passedOver: 0, endedAt: '2026-01-01T00:00:02.000Z' };
const digest = `sha256:${'ab'.repeat(32)}`;
const results: readonly ResultEntry[] = [
  { ...resultOf('r.example/a:1'), digest },
  resultOf('r.example/a:2'),
  { ...resultOf('r.example/b:1', 'denied'), rule: 'rest', remedy: 'Sign it.', details: ['one signature', 'another'] },
  { ...resultOf('r.example/c:1', 'denied'), allowed: true, mode: 'warn' },
  resultOf('r.example/d:1', 'undecided'),
];

/** The page of these results in a browser: it has asked for nothing and nothing went wrong, also at the end. */
async function inBrowser(
  entries: readonly ResultEntry[],
  look: Looking,
  work: (page: BrowserPage) => Promise<void>,
): Promise<void> {
  const dir = tempDir();
  const [journal, path] = [join(dir, 'audit.jsonl'), join(dir, 'audit.html')];
  writeFileSync(journal, [auditHead, ...entries, end].map((entry) => `${toJsonText(entry, 0)}\n`).join(''));
  await writePage(path, journal);
  const page = await openInBrowser(needPeer('chromium'), path, look);
  try {
    await work(page);
    expect(page.requests()).toEqual([`file://${path}`]);
    expect(page.complaints()).toEqual([]);
  } finally {
    await page.close();
  }
}

const shown = (page: BrowserPage) =>
  page.evaluate(
    `[...document.querySelectorAll('#images details')].filter((row) => row.checkVisibility()).map((row) => row.querySelector('.name').textContent)`,
  );
const choose = (page: BrowserPage, id: string, value: string) =>
  page.evaluate(
    `(() => { const field = document.getElementById(${JSON.stringify(id)}); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event('input', { bubbles: true })); })()`,
  );
const countsOf = (page: BrowserPage, at: number) =>
  page.evaluate(
    `[...document.querySelectorAll('.counts')[${at}].tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.firstChild.textContent).join(' '))`,
  );

itWithPeers(['chromium'], 'the page counts by reason and by rule, filters and explains', async () => {
  await inBrowser(results, {}, async (page) => {
    expect(await page.evaluate('document.title')).toBe('Signet audit: r.example');
    expect(await countsOf(page, 0)).toEqual(['NO_SIGNATURE 2 0 2 0', 'VERIFIED 2 2 0 0', 'INCOMPLETE 1 0 0 1']);
    expect(await countsOf(page, 1)).toEqual(['release 4 2 1 1', 'rest 1 0 1 0']);
    const names = results.map(({ reference }) => reference);
    expect(await shown(page)).toEqual(names);

    await choose(page, 'verdict', 'denied');
    expect(await shown(page)).toEqual(['r.example/b:1', 'r.example/c:1']);
    await choose(page, 'rule', 'rest');
    expect(await shown(page)).toEqual(['r.example/b:1']);
    await choose(page, 'verdict', '');
    await choose(page, 'rule', '');
    await choose(page, 'code', 'INCOMPLETE');
    expect(await shown(page)).toEqual(['r.example/d:1']);
    await choose(page, 'code', '');
    await page.click('#text');
    await page.type('R.EXAMPLE/A');
    expect(await shown(page)).toEqual(['r.example/a:1', 'r.example/a:2']);
    expect(await page.evaluate(`document.getElementById('shown').textContent`)).toBe('2 of 5');
    await choose(page, 'text', 'nothing has this');
    expect(await shown(page)).toEqual([]);
    await choose(page, 'text', '');
    expect(await shown(page)).toEqual(names);

    const explanation = `(() => { const list = document.querySelectorAll('#images dl')[2]; return list.checkVisibility() ? list.innerText : '(folded)'; })()`;
    expect(await page.evaluate(explanation)).toBe('(folded)');
    await page.click('#images details:nth-child(3) summary');
    const text = String(await page.evaluate(explanation));
    expect(text.split('\n')).toEqual(
      expect.arrayContaining(['why of r.example/b:1', 'Sign it.', 'one signature', 'another', 'rest (enforce)']),
    );
  });
});

itWithPeers(['chromium'], 'without scripts everything can be read', async () => {
  await inBrowser(results, { scripts: false }, async (page) => {
    expect(await page.evaluate(`document.getElementById('filter').checkVisibility()`)).toBe(false);
    expect(await shown(page)).toHaveLength(5);
  });
});

itWithPeers(['chromium'], 'texts from outside stay texts: nothing of theirs is run, loaded or shaped', async () => {
  const hostile = [
    `"><script>document.title = 'owned'; fetch('${address}/script')</script>`,
    `'><img src="${address}/image" onerror="document.title = 'owned'">`,
    `</details></section></div></table></option></select></title></style><iframe src="${address}/frame">`,
    `<svg onload="document.title = 'owned'"><a href="javascript:document.title = 'owned'">`,
    `<link rel="stylesheet" href="${address}/style"><meta http-equiv="refresh" content="0;url=${address}/refresh">`,
    `<!-- --><form action="${address}/form"><base href="${address}/base">`,
  ];
  const entries = hostile.map((text) => ({
    ...resultOf(text, 'denied'),
    ...{ code: text, rule: text, mode: text, digest: text, summary: text, remedy: text, details: [text] },
  }));
  await inBrowser(entries, {}, async (page) => {
    expect(await shown(page)).toEqual(hostile);
    expect(await page.evaluate('document.title')).toBe('Signet audit: r.example');
    const foreign = `document.querySelectorAll('img, iframe, svg, a, link, base, form:not(#filter), script ~ script, [onerror], [onload]').length`;
    expect(await page.evaluate(foreign)).toBe(0);
    await page.click('#images summary');
    await choose(page, 'code', hostile[0] ?? '');
    expect(await shown(page)).toEqual(hostile.slice(0, 1));
    expect(asked).toEqual([]);
  });
});

itWithPeers(['chromium'], 'light, dark and narrow screens can read it', async () => {
  await inBrowser(results, {}, async (page) => {
    for (const colors of ['light', 'dark'] as const) {
      await page.look({ colors });
      for (const contrast of Object(await page.evaluate(contrasts))) expect(contrast, colors).toBeGreaterThan(4.5);
    }
    for (const width of [320, 500, 800, 1920]) {
      await page.look({ width });
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${width}`).toBeLessThanOrEqual(
        0,
      );
      expect(await page.evaluate(outOfSight), `${width}`).toEqual([]);
    }
  });
});

/** Of each text that has a colour, against what lies behind it. Rule: WCAG 2.2, 1.4.3: 4.5 at least. */
const contrasts = `(() => {
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.backgroundColor = 'Canvas';
  const luminance = (color) => {
    const [r, g, b] = color.match(/[0-9.]+/g).slice(0, 3).map((each) => each / 255).map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = luminance(getComputedStyle(probe).backgroundColor);
  probe.remove();
  return ['body', '.verified', '.denied', '.undecided'].map((selector) => {
    const [low, high] = [behind, luminance(getComputedStyle(document.querySelector(selector)).color)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
})()`;

/** Texts that begin or end outside the screen, or are squeezed to nothing. */
const outOfSight = `[...document.querySelectorAll('h1, p, th, td, summary > span, label, output')]
  .filter((element) => { const { left, right, width } = element.getBoundingClientRect(); return element.textContent !== '' && (left < 0 || right > innerWidth || width < 10); })
  .map((element) => element.textContent)`;

itWithPeers(['chromium'], 'five thousand images open, and are filtered', async () => {
  const many = Array.from({ length: 5000 }, (_, at) => resultOf(`r.example/app-${at % 50}:v${at}`));
  await inBrowser(many, {}, async (page) => {
    expect(await page.evaluate(`document.getElementById('shown').textContent`)).toBe('5000 of 5000');
    await page.click('#text');
    await page.type('app-7:');
    expect(await page.evaluate(`document.getElementById('shown').textContent`)).toBe('100 of 5000');
    const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
    expect(height).toBeLessThan(100 * 60); // rows that are hidden leave no gap
  });
});
