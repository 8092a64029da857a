import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { root, tools } from '../../scripts/project.ts';
import { closingLine, countVitest } from '../../scripts/vitest-result.ts';
import { run } from '../support/process.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('counting a real vitest run', () => {
  it('counts what passed, failed and was skipped', async () => {
    const file = `${head} it('a', () => {}); it('b', () => {}); it('c', () => { expect(1).toBe(2); }); it['skip']('d', () => {});`;
    expect(await countsOf({ 'one.test.ts': file })).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  it('counts a file that cannot be loaded as a failure', async () => {
    const files = {
      'good.test.ts': `${head} it('a', () => {});`,
      'bad.test.ts': `import './not-there.ts'; ${head} it('b', () => {});`,
    };
    expect(await countsOf(files)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts an unhandled rejection as a failure though every test passed', async () => {
    const file = `${head} it('a', async () => { void Promise.reject(new Error('x')); await new Promise((r) => setTimeout(r, 20)); });`;
    expect(await countsOf({ 'one.test.ts': file })).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts a run without any test as a failure', async () => {
    expect(await countsOf({})).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('counts a run in which everything was skipped as a failure', async () => {
    expect(await countsOf({ 'one.test.ts': `${head} it['skip']('a', () => {});` })).toEqual({
      passed: 0,
      failed: 1,
      skipped: 1,
    });
  });
});

describe('counting a report', () => {
  it('counts a status that nobody knows as a failure', () => {
    const report = {
      testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'vanished' }] }],
    };
    expect(countVitest(write(JSON.stringify(report)), 0)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it.each(['', '{', '{}', '{"testResults":1}', '{"testResults":[1]}'])(
    'counts the broken report %j as a failure',
    (text) => {
      expect(countVitest(write(text), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    },
  );
});

describe('the closing line', () => {
  it('names skipped tests only when there are any', () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
    expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  });
});

const head = `import { expect, it } from 'vitest'; expect(1).toBe(1);`;

/** A folder inside the checkout, so that `vitest` resolves. */
function folder(): string {
  const parent = join(root, '.cache');
  mkdirSync(parent, { recursive: true });
  const made = mkdtempSync(join(parent, 'vitest-result-'));
  folders.push(made);
  return made;
}

async function countsOf(files: Readonly<Record<string, string>>): Promise<ReturnType<typeof countVitest>> {
  const dir = folder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  // A configuration of its own: without one vitest would take the project's.
  writeFileSync(join(dir, 'vitest.config.mjs'), 'export default {};');
  const report = join(dir, 'report.json');
  const args = ['run', '--root', dir, '--reporter=json', `--outputFile=${report}`];
  const env = { VITEST: undefined, VITEST_WORKER_ID: undefined, VITEST_POOL_ID: undefined };
  const { code } = await run(process.execPath, [tools.vitest, ...args], { cwd: dir, env });
  return countVitest(report, code);
}

function write(text: string): string {
  const file = join(folder(), 'report.json');
  writeFileSync(file, text);
  return file;
}
