import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/project.ts';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';
import { jsonLines } from './cli-world.ts';

const folder = join(root, 'examples/policy');
const files = globSync('**/*.yaml', { cwd: folder }).sort();
const tables = files.filter((file) => file.endsWith('.test.yaml'));
const policies = files.filter((file) => !tables.includes(file));

describe('examples/policy', () => {
  it('has policies for 6 to 8 situations, each in the list of its README', () => {
    const listed = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^\| \[(.*?\.yaml)\]/gm)];
    expect(tables.map((file) => file.replace('.test.yaml', '.yaml'))).toEqual(listed.map(([, file]) => file).sort());
    expect(tables.length).toBeGreaterThan(5);
  });

  it.each(policies)('%s has no fault and no warning', async (policy) => {
    expect(await signet(['policy', 'check', '--strict', join(folder, policy)])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(tables)('%s comes out as it says; each rule decides somewhere, yes and no are there', async (table) => {
    const done = await signet(['policy', 'test', '-o', 'json', join(folder, table)]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    const reports = jsonLines(done.stdout).map(({ report }) => report as Report);
    expect(reports.map(({ verdict }) => verdict)).toEqual(expect.arrayContaining(['verified', 'denied']));
    const shown = await signet(['policy', 'show', '-o', 'json', join(folder, table.replace('.test.yaml', '.yaml'))]);
    const names = JSON.parse(shown.stdout).rules.map(({ name }: Rule) => name);
    expect(reports.map(({ rule }) => rule)).toEqual(expect.arrayContaining(names));
  });
});

describe('keys.example/refuse.yaml', () => {
  it('refuses what any of the sample keys signed, wherever it is included', async () => {
    const dir = tempDir();
    const samples = join(root, 'keys.example');
    const keys = globSync('*.pub', { cwd: samples });
    const [policy, table] = [join(dir, 'policy.yaml'), join(dir, 'policy.test.yaml')];
    const trust = `trust: { release: { keys: [${join(folder, 'keys/release.pub')}] } }`;
    const rules = 'rules: [{ images: ["*"], require: release }]';
    writeFileSync(policy, `version: 1\nextends: ${join(samples, 'refuse.yaml')}\n${trust}\n${rules}\n`);
    const cases = keys.map(
      (key) => `  - image: r.example/app
    signatures: [{ by: release }, { by: ${join(samples, key)} }]
    expect: { verdict: denied, code: REFUSED_KEY }`,
    );
    writeFileSync(table, `version: 1\npolicy: policy.yaml\ncases:\n${cases.join('\n')}\n`);
    expect(keys.length).toBeGreaterThan(2);
    expect(await signet(['policy', 'test', table])).toMatchObject({ code: 0, stderr: '' });
  });
});

interface Report {
  readonly verdict: string;
  readonly rule?: string;
}

interface Rule {
  readonly name: string;
}
