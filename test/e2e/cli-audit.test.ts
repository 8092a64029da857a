import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAuditStage, type StageKind } from '../support/audit-stage.ts';
import { signet } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { tempDir } from '../support/temp.ts';
import { jsonLines, makeKey, text } from './cli-world.ts';

/** Twenty images in five repositories; those of `closed/app` are behind a proxy that refuses. */
const kinds: readonly StageKind[] = ['signed', 'unsigned', 'wrong-key', 'lost-blob', 'signed'];
const repositories = ['team/app', 'team/base', 'teammate/app', 'closed/app', 'other'] as const;
const nameOf = (at: number) => `${repositories[Math.floor(at / 4)]}:v${at % 4}`;
const kindOf = (at: number): StageKind => kinds[at % kinds.length] ?? 'signed';

let dir: string;
let registry: TestRegistry;
let proxy: CountingProxy;
let policy: string;
let isClosed = true;
beforeAll(async () => {
  dir = tempDir();
  registry = await startEmbeddedRegistry();
  const refused = (path: string) => (isClosed && path.startsWith('/v2/closed/app/') ? 403 : undefined);
  const [a, b] = await Promise.all([makeKey(join(dir, 'a')), makeKey(join(dir, 'b'))]);
  await buildAuditStage({ host: registry.host, images: 20, kindOf, nameOf, trusted: a.key, other: b.key });
  proxy = await startCountingProxy(registry.host, 0, refused);
  policy = writePolicy('policy.yaml', a.pub, proxy.host);
});
afterAll(async () => {
  await proxy.stop();
  await registry.stop();
});

function writePolicy(name: string, pub: string, host: string): string {
  const path = join(dir, name);
  const rules = `rules:\n  - { name: team, images: ["${host}/team/**"], require: release }\n  - { name: rest, images: ["${host}/**"], require: release }\n`;
  writeFileSync(path, `version: 1\ntrust:\n  release: { keys: [${JSON.stringify(pub)}] }\n${rules}`);
  return path;
}

let count = 0;
const newFile = (): string => join(dir, `audit-${++count}.jsonl`);

function audit(jsonl: string, ...more: readonly string[]) {
  const scope = more[0] === '-f' || more[0]?.startsWith('-') === false ? [] : [proxy.host];
  return signet(['audit', ...scope, ...more, '--policy', policy, '--jsonl', jsonl]);
}

/** Entries without their times, sorted: what must be the same in any two runs. */
function entries(path: string): readonly string[] {
  return jsonLines(readFileSync(path, 'utf8'))
    .map(({ at: _, startedAt: __, endedAt: ___, ...rest }) => JSON.stringify(rest))
    .sort();
}

/** Without the first line, which names the scope. */
const results = (path: string) => entries(path).filter((line) => !line.includes('"audit"'));

const codesOf = (path: string) =>
  Object.fromEntries(
    jsonLines(text(path))
      .filter(({ kind }) => kind === 'image' || kind === 'repository')
      .map(({ reference, code }) => [String(reference).slice(proxy.host.length + 1), code]),
  );

describe('signet audit', () => {
  it('lists every image with its answer, and a repository that cannot be listed', async () => {
    const jsonl = newFile();
    const done = await audit(jsonl);
    expect(done).toMatchObject({ code: 1, stderr: '' });
    expect(done.stdout).toMatch(/^16 images: 6 verified, 7 denied, 4 undecided\n/);
    const codes = codesOf(jsonl);
    expect(Object.keys(codes)).toHaveLength(17);
    const said = {
      signed: 'VERIFIED',
      unsigned: 'NO_SIGNATURE',
      'wrong-key': 'NOT_TRUSTED',
      'lost-blob': 'INCOMPLETE',
    };
    for (let at = 0; at < 20; at++)
      if (!nameOf(at).startsWith('closed/')) expect(codes[nameOf(at)], nameOf(at)).toBe(said[kindOf(at)]);
    expect(codes['closed/app']).toBe('FORBIDDEN');
    expect(jsonLines(text(jsonl)).at(-1)).toMatchObject({ kind: 'end', images: 16, repositories: 1 });
  });

  it('takes a prefix as whole components', async () => {
    const jsonl = newFile();
    expect(await audit(jsonl, `${proxy.host}/team`)).toMatchObject({ stderr: '' });
    expect(new Set(Object.keys(codesOf(jsonl)).map((name) => name.split(':')[0]))).toEqual(
      new Set(['team/app', 'team/base']),
    );
  });

  it('that finds nothing leaves nothing behind that the next run would stumble over', async () => {
    const out = join(dir, 'nothing');
    const run = (prefix: string) => signet(['audit', `${proxy.host}/${prefix}`, '--policy', policy, '--out', out]);
    expect(await run('nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining('shows no repository') });
    expect(readdirSync(out)).toEqual([]);
    expect(await run('team')).toMatchObject({ code: 1, stderr: '' });
  });

  it.each([
    [['--jsonl', '-'], /error\[USAGE\]: results are kept in files: - /],
    [['--jsonl', 'x.jsonl', '--html', '-'], /error\[USAGE\]: results are kept in files: - /],
    [['--out', 'file'], /error\[FILE_UNWRITABLE\]: cannot lock file\/audit\.jsonl: .* is there already\n/],
  ])('writes to files and folders only (%j)', async (flags, fault) => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'file'), '');
    const done = await signet(['audit', proxy.host, '--policy', policy, ...flags], { cwd });
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(fault) });
    expect(readdirSync(cwd)).toEqual(['file']);
  });

  it('counts in JSON what a rule lets through although it is not verified', async () => {
    const lenient = join(dir, 'lenient.yaml');
    writeFileSync(lenient, text(policy).replaceAll('require:', 'mode: warn, require:'));
    const args = ['audit', `${proxy.host}/team`, '--policy', lenient, '--jsonl', newFile(), '-o', 'json'];
    const [counts] = jsonLines((await signet(args)).stdout);
    expect(counts).toMatchObject({ images: 8, verified: 3, allowedByRule: 5 });
  });

  it('verifies a list, each image once, and says which line is no image', async () => {
    const list = join(dir, 'list.txt');
    const [signed, closed] = [`${proxy.host}/team/app:v0`, `${proxy.host}/closed/app:v0`];
    writeFileSync(list, `# running\n${signed}\n\n${closed}\nNot An Image\n${signed}\n`);
    const jsonl = newFile();
    const done = await signet(['audit', '-f', list, '--policy', policy, '--jsonl', jsonl]);
    expect(done.code).toBe(2);
    expect(jsonLines(text(jsonl)).slice(1, -1)).toMatchObject([
      { reference: signed, code: 'VERIFIED' },
      { reference: closed, verdict: 'undecided', code: 'UNRESOLVED' },
      { reference: 'Not An Image', verdict: 'undecided', code: 'REFERENCE_INVALID', failed: true },
    ]);
  });
});

describe('signet audit -f with manifests', () => {
  it('verifies each image of a folder once, and lists what cannot be read by its place', async () => {
    const deploy = join(dir, 'deploy');
    mkdirSync(deploy);
    const [signed, unsigned] = [`${proxy.host}/team/app:v0`, `${proxy.host}/team/app:v1`];
    writeFileSync(join(deploy, 'Dockerfile'), `ARG V\nFROM ${proxy.host}/team/app:$V\n`);
    writeFileSync(join(deploy, 'b.yaml'), 'a: [');
    const compose = (...images: readonly string[]) =>
      `services:\n${images.map((image, at) => `  s${at}: {image: "${image}", platform: linux/amd64}\n`).join('')}`;
    writeFileSync(join(deploy, 'compose.yaml'), compose(signed, unsigned, signed));
    writeFileSync(join(deploy, 'x.yaml'), 'apiVersion: example.com/v1\nkind: App\nspec: {image: x}\n');
    const jsonl = newFile();
    const args = ['audit', '-f', deploy, '--policy', policy, '--jsonl', jsonl, '--build-arg', 'V=v0'];
    expect(await signet(args)).toMatchObject({ code: 1, stderr: '' });
    const wanted = [
      { reference: join(deploy, 'b.yaml'), verdict: 'undecided', code: 'WORKLOAD_MALFORMED', failed: true },
      { reference: `${join(deploy, 'x.yaml')}:3:15 spec.image`, code: 'INPUT_UNREAD', failed: true },
      { reference: signed, code: 'VERIFIED' },
      { reference: signed, platform: 'linux/amd64', code: 'VERIFIED' },
      { reference: unsigned, platform: 'linux/amd64', code: 'NO_SIGNATURE' },
    ];
    expect(jsonLines(text(jsonl)).slice(1, -1)).toMatchObject(wanted);
    proxy.reset();
    expect((await signet([...args, '--resume'])).code).toBe(1);
    expect(proxy.requests()).toEqual([]);
    writeFileSync(join(deploy, 'compose.yaml'), `# moved\n${compose(signed, unsigned)}`);
    expect((await signet([...args, '--resume'])).code).toBe(1);
    writeFileSync(join(deploy, 'compose.yaml'), compose(signed));
    expect(await signet([...args, '--resume'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('AUDIT_DIFFERS'),
    });
  });

  it('refuses a folder whose files name no image', async () => {
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\n');
    const done = await signet(['audit', '-f', empty, '--policy', policy, '--jsonl', newFile()]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('name no image') });
  });
});

describe('signet audit --resume', () => {
  it('after a cut in the middle of a line gives what an undisturbed run gives, and asks only for the rest', async () => {
    const [whole, part] = [newFile(), newFile()];
    await audit(whole);
    const all = proxy.requests().length;
    await audit(part);
    const lines = text(part).split('\n');
    truncateSync(part, Buffer.byteLength(`${lines.slice(0, 9).join('\n')}\n`) + 20);
    proxy.reset();
    const done = await audit(part, '--resume');
    expect(done).toMatchObject({ code: 1, stderr: '' });
    expect(done.stdout).toMatch(
      /^16 images \(6 of them before, 2 undecided asked anew\): 6 verified, 7 denied, 4 undecided\n/,
    );
    expect(entries(part)).toEqual(entries(whole));
    expect(proxy.requests().length).toBeLessThan(all);
  });

  it('asks the undecided of a finished audit anew, whose new results take the place of the old ones', async () => {
    const jsonl = newFile();
    const args = ['--html', `${jsonl}.html`, '--resume'];
    isClosed = true;
    expect((await audit(jsonl, ...args)).stdout).toMatch(/^16 images: 6 verified, 7 denied, 4 undecided\n/);
    isClosed = false;
    proxy.reset();
    const opened = await audit(jsonl, ...args);
    expect(opened.stdout).toMatch(
      /^20 images \(13 of them before, 4 undecided asked anew\): 8 verified, 8 denied, 4 undecided\n/,
    );
    expect(codesOf(jsonl)).not.toHaveProperty('closed/app');
    const asked = proxy.requests().flatMap(({ path }) => /manifests\/(v\d)$/.exec(path)?.[1] ?? []);
    expect(asked).toHaveLength(3 + 4); // that lost their signatures; the four of closed/app
    const page = readFileSync(`${jsonl}.html`, 'utf8');
    expect(page.match(/<details data-verdict=/g)).toHaveLength(20);
    isClosed = true;
  });

  it('makes no request where all was decided', async () => {
    const jsonl = newFile();
    const list = join(dir, 'decided.txt');
    writeFileSync(list, `${proxy.host}/team/app:v0\n${proxy.host}/team/app:v1\n`);
    expect(await audit(jsonl, '-f', list)).toMatchObject({ code: 1 });
    proxy.reset();
    expect(await audit(jsonl, '-f', list, '--resume')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^2 images \(2 of them before\): /),
    });
    expect(proxy.requests()).toHaveLength(0);
  });

  it('after kill -9 gives what an undisturbed run gives', async () => {
    const [whole, killed] = [newFile(), newFile()];
    await audit(whole);
    const slow = await startCountingProxy(proxy.host, 60);
    try {
      const slowly = writePolicy('slow.yaml', join(dir, 'a.pub'), slow.host);
      const args = ['audit', slow.host, '--policy', slowly, '--jsonl', killed, '--concurrency', '1'];
      const done = await signet(args, { killWhen: untilLines(killed, 6) });
      expect(done.signal).toBe('SIGKILL');
      expect(entries(killed).length).toBeLessThan(18);
      expect(await signet([...args, '--resume'])).toMatchObject({ code: 1, stderr: '' });
      expect(results(killed).map((line) => line.replaceAll(slow.host, proxy.host))).toEqual(results(whole));
    } finally {
      await slow.stop();
    }
  });

  it('refuses another policy, another scope and what is no audit', async () => {
    const jsonl = newFile();
    await audit(jsonl);
    const before = text(jsonl);
    const other = writePolicy('other.yaml', join(dir, 'b.pub'), proxy.host);
    const differs = await signet(['audit', proxy.host, '--policy', other, '--jsonl', jsonl, '--resume']);
    expect(differs).toMatchObject({ code: 2, stderr: expect.stringContaining('error[AUDIT_DIFFERS]') });
    const scope = await audit(jsonl, `${proxy.host}/team`, '--resume');
    expect(scope).toMatchObject({ code: 2, stderr: expect.stringContaining('another scope') });
    expect(await audit(jsonl)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[FILE_EXISTS]') });
    expect(text(jsonl)).toBe(before);
    appendFileSync(jsonl, '{"kind":"no"}\n');
    expect(await audit(jsonl, '--resume')).toMatchObject({ code: 2, stderr: expect.stringContaining('AUDIT_FILE') });
    expect(await audit(jsonl, '--force')).toMatchObject({ code: 1 });
  });
});

describe('two audits into one file', () => {
  it('are kept apart: the second ends at once, by whatever name it knows the file, and harms nothing', async () => {
    const [whole, shared] = [newFile(), newFile()];
    await audit(whole);
    const held = Promise.withResolvers<void>();
    const slow = await startCountingProxy(proxy.host, held.promise);
    try {
      const slowly = writePolicy('slow.yaml', join(dir, 'a.pub'), slow.host);
      const args = ['audit', slow.host, '--policy', slowly, '--jsonl'];
      const first = signet([...args, shared]);
      await untilLines(shared, 1);
      symlinkSync(shared, `${shared}.link`);
      for (const more of [
        [shared, '--resume'],
        [shared, '--force'],
        [`${shared}.link`, '--resume'],
      ])
        expect(await signet([...args, ...more])).toMatchObject({
          code: 2,
          stdout: '',
          stderr: expect.stringMatching(/^error\[AUDIT_IN_USE\]: another audit is writing .*: process \d+ on "/),
        });
      held.resolve();
      expect(await first).toMatchObject({ code: 1, stderr: '' });
      expect(results(shared).map((line) => line.replaceAll(slow.host, proxy.host))).toEqual(results(whole));
      expect(readdirSync(dir).filter((name) => name.includes('.lock'))).toEqual([]);
    } finally {
      await slow.stop();
    }
  });

  it('are told where no lock can be made', async () => {
    const jsonl = newFile();
    mkdirSync(`${jsonl}.lock`);
    expect(await audit(jsonl)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[FILE_UNWRITABLE]') });
    expect(existsSync(jsonl)).toBe(false);
  });
});

describe('a registry without a catalogue', () => {
  it.each([401, 404, 405])(
    'that answers %i is told from one that cannot be reached, and -f is named',
    async (status) => {
      const bare = await startCountingProxy(registry.host, 0, (path) =>
        path.startsWith('/v2/_catalog') ? status : undefined,
      );
      try {
        const done = await signet(['audit', bare.host, '--policy', policy, '--jsonl', newFile()]);
        expect(done.code).toBe(3);
        expect(done.stderr).toMatch(/^error\[NO_CATALOGUE\]: .*\nhint: .*signet audit -f FILE/);
      } finally {
        await bare.stop();
      }
    },
  );
});

/** Resolves when the file has so many whole lines. */
async function untilLines(path: string, wanted: number): Promise<void> {
  while (!existsSync(path) || text(path).split('\n').length <= wanted) await sleep(10);
}
