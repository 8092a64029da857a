import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, jsonLines, makeKey, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let unsigned: string;
let policy: string;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('prod/app:1.0'), world.push('prod/app:bare')]);
  await signReference(signed, world.key);
  policy = join(world.dir, 'policy.yaml');
  const init = ['policy', 'init', policy, '--key', world.pub, '--images', `${world.host}/prod/**`];
  expect(await signet(init)).toMatchObject({ code: 0 });
});
afterAll(() => world.server.stop('SIGKILL'));

/** A file beside the policy. */
function file(name: string, text: string): string {
  const path = join(world.dir, name);
  writeFileSync(path, text);
  return path;
}

const broken = () =>
  file(
    'broken.yaml',
    readFileSync(policy, 'utf8').replace('enforce\n', 'enforse\n').replace('    require:', '    requires:'),
  );

describe('verify --policy', () => {
  it('judges each image by its rule, and names it with its place', async () => {
    const done = await signet(['verify', '--policy', policy, signed, unsigned, `${world.host}/dev/x`]);
    expect(done).toMatchObject({ code: 1, stderr: '' });
    expect(done.stdout).toMatch(
      /^verified .*\n(?: .*\n)*? {2}rule {6}release \(enforce, \S+policy\.yaml:\d+:\d+\): release: yes\n/,
    );
    expect(done.stdout).toMatch(/^denied .* NO_SIGNATURE$/m);
    expect(done.stdout).toMatch(/^denied .* NO_RULE$/m);
  });

  it('names the key that signed and the rule that does not trust it', async () => {
    const other = await makeKey(join(world.dir, 'other'));
    const strange = await world.push('prod/strange:1');
    await signReference(strange, other.key);
    const done = await signet(['verify', '--policy', policy, strange]);
    expect(done.stdout).toMatch(/why {7}signed by key [0-9a-f]{12}.*, which rule "release" does not trust\n/);
  });

  it('allows what its rule allows, unless the verdict alone counts', async () => {
    const warn = file('warn.yaml', readFileSync(policy, 'utf8').replace('mode: enforce', 'mode: warn'));
    expect(await signet(['verify', '--policy', warn, unsigned])).toMatchObject({ code: 0 });
    expect(await signet(['verify', '--policy', warn, '--strict', unsigned])).toMatchObject({ code: 1 });
    const sarif = await signet(['verify', '--policy', warn, '-o', 'sarif', unsigned]);
    expect(JSON.parse(sarif.stdout).runs[0].results).toMatchObject([
      { level: 'warning', relatedLocations: [{ physicalLocation: { region: { startColumn: 5 } } }] },
    ]);
  });

  it.each([['--key', 'x.pub'], ['--tag-bound'], ['--annotation', 'a=b']])('goes with no %s', async (...flags) => {
    const done = await signet(['verify', '--policy', policy, ...flags, signed]);
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`--policy and ${flags[0]}`) });
  });

  it('wants a name for an image in a layout, by which rules are chosen', async () => {
    const image = `oci:${world.layoutDir}:image-1`;
    const nameless = await signet(['verify', '--policy', policy, image]);
    expect(nameless).toMatchObject({ code: 1, stdout: expect.stringMatching(/NO_RULE$/m) });
    expect(nameless.stdout).toMatch(/^ {2}why .* has no name .*\n {2}do .*--signed-reference/m);
    const explained = await signet(['policy', 'explain', '--policy', policy, image]);
    expect(explained.stdout).toMatch(/^ {2}note .*--signed-reference/m);
    const named = await signet(['verify', '--policy', policy, '--signed-reference', signed, image]);
    expect(named.stdout).toMatch(/^denied .* NO_SIGNATURE$/m);
  });

  it('ends with 2 before any request where the policy is broken', async () => {
    const done = await signet(['verify', '--verbose', '--policy', broken(), signed]);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(
      /^error\[POLICY_INVALID\]: \S+broken\.yaml:\d+:\d+: .*\nhint: did you mean "enforce"\?\n/,
    );
    expect(done.stderr).not.toContain('GET ');
  });
});

describe('policy check', () => {
  it('is content with what init wrote', async () => {
    expect(await signet(['policy', 'check', '--strict', policy])).toMatchObject({ code: 0, stderr: '' });
  });

  it('finds every fault, with place and hint, in every form', async () => {
    const path = broken();
    const text = await signet(['policy', 'check', path]);
    expect(text.code).toBe(2);
    expect(
      text.stdout.match(/^\S+broken\.yaml:\d+:\d+: error\[POLICY_INVALID\]: .*\n {2}hint: did you mean/gm),
    ).toHaveLength(2);
    const [json] = jsonLines((await signet(['policy', 'check', '-o', 'json', path])).stdout);
    expect(json).toMatchObject({ ok: false, problems: [{ severity: 'error', place: { file: path } }, {}] });
    const { runs } = JSON.parse((await signet(['policy', 'check', '-o', 'sarif', path, policy])).stdout);
    expect(runs[0].results).toHaveLength(2);
  });

  it('warns, and with --strict fails', async () => {
    const path = file(
      'unused.yaml',
      readFileSync(policy, 'utf8')
        .replace('require: release', 'mode: skip')
        .replace('    mode: enforce\n', '')
        .replace('    tag: bound\n', ''),
    );
    expect(await signet(['policy', 'check', path])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/warning\[/),
    });
    expect((await signet(['policy', 'check', '--strict', path])).code).toBe(2);
  });

  it('says which file cannot be read, and hides no other for it, in every form', async () => {
    const text = await signet(['policy', 'check', '/no/such', policy]);
    expect(text).toMatchObject({ code: 2, stderr: '' });
    expect(text.stdout).toMatch(/^\/no\/such:1:1: error\[FILE_UNREADABLE\]: cannot read .*\nok {2}/);
    const json = jsonLines((await signet(['policy', 'check', '-o', 'json', '/no/such', policy])).stdout);
    expect(json).toMatchObject([{ ok: false, problems: [{ code: 'FILE_UNREADABLE' }] }, { ok: true }]);
    const { runs } = JSON.parse((await signet(['policy', 'check', '-o', 'sarif', '/no/such', broken()])).stdout);
    expect(runs[0].results).toHaveLength(3);
  });
});

describe('policy explain', () => {
  it('names the rule and every pattern that fits, without asking anybody', async () => {
    const done = await signet(['policy', 'explain', '--verbose', '--policy', policy, signed, 'x.example/y']);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^\S+ {2}rule release\n/);
    expect(done.stdout).toMatch(/^ {2}-> {2}\S+\/prod\/\*\* {2}release {2}enforce /m);
    expect(done.stdout).toMatch(/^x\.example\/y {2}no rule, default: deny$/m);
  });

  it('asks the registry only when told, for rules by tag', async () => {
    const tagged = file('tagged.yaml', `${readFileSync(policy, 'utf8')}`.replace(`/prod/**"`, `/prod/app:1*"`));
    const pinned = `${signed}@${await world.digestOf(signed)}`;
    const explain = async (...more: readonly string[]) =>
      jsonLines((await signet(['policy', 'explain', '-o', 'json', '-p', tagged, ...more])).stdout)[0];
    expect(await explain(pinned)).toMatchObject({ outcome: 'undecided' });
    expect(await explain('--resolve', pinned)).toMatchObject({ outcome: 'rule', rule: { name: 'release' } });
    const moved = `${signed}@${await world.digestOf(unsigned)}`;
    expect(await explain('--resolve', moved)).toMatchObject({ outcome: 'default', candidates: [{ fit: 'no' }] });
    expect(await explain('--resolve', `${world.host}/prod/app:1-missing`)).toMatchObject({ tagNames: null });
  });

  it('wants a policy', async () => {
    expect(await signet(['policy', 'explain', signed])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--policy FILE'),
    });
  });
});

describe('policy show', () => {
  it('fills in defaults and names keys by their ids', async () => {
    const [{ keyId }] = JSON.parse(`[${(await signet(['key', 'show', '-o', 'json', world.pub])).stdout.trim()}]`).map(
      (shown: { id?: string; keyId?: string }) => ({ keyId: shown.id ?? shown.keyId }),
    );
    const yaml = await signet(['policy', 'show', policy]);
    expect(yaml).toMatchObject({ code: 0, stderr: '' });
    expect(yaml.stdout).toContain(`      - "sha256:${keyId}"\n`);
    const json = JSON.parse((await signet(['policy', 'show', '-o', 'json', policy])).stdout);
    expect(json).toMatchObject({ default: 'deny', rules: [{ name: 'release', platforms: 'index', tag: 'bound' }] });
  });
});

describe('policy test', () => {
  const cases = (expected: string) => `version: 1
policy: policy.yaml
cases:
  - { name: good, image: "${world.host}/prod/a:1", signatures: [ { by: release } ], expect: verified }
  - { name: other, image: "${world.host}/prod/a:1", signatures: [ { by: nobody } ], expect: ${expected} }
`;

  it('ends with 0 where all is as expected', async () => {
    const done = await signet(['policy', 'test', file('good.yaml', cases('denied'))]);
    expect(done).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^ok {6}\S+good\.yaml {2}2 of 2 cases as expected\n$/),
    });
  });

  it('ends with 1 and says what is not, in every form', async () => {
    const path = file('bad.yaml', cases('verified'));
    const text = await signet(['policy', 'test', path]);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(
      /^failed {2}\S+bad\.yaml:5:5 {2}other\n {10}expected verified, got denied \(NOT_TRUSTED\)\n/,
    );
    const json = jsonLines((await signet(['policy', 'test', '-o', 'json', path])).stdout);
    expect(json).toMatchObject([{ passed: true }, { name: 'other', passed: false, report: { code: 'NOT_TRUSTED' } }]);
    const junit = new DOMParser().parseFromString(
      (await signet(['policy', 'test', '-o', 'junit', path])).stdout,
      'text/xml',
    );
    expect(junit.getElementsByTagName('testcase')).toHaveLength(2);
    expect(junit.getElementsByTagName('failure')[0]?.getAttribute('type')).toBe('NOT_TRUSTED');
  });

  it('ends with 2 where a table is broken, or names no policy', async () => {
    expect(await signet(['policy', 'test', file('t.yaml', 'version: 1')])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/t\.yaml:1:1/),
    });
    expect(await signet(['policy', 'test', policy])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/this is a policy, not a table of cases.*\nhint: .*--policy/),
    });
    const bare = file('bare.yaml', cases('denied').replace('policy: policy.yaml\n', ''));
    expect(await signet(['policy', 'test', bare])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('names no policy'),
    });
    expect(await signet(['policy', 'test', '--policy', policy, bare])).toMatchObject({ code: 0 });
  });
});
