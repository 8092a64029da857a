import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, deadPort, jsonLines, ok, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let unsigned: string;
let digests: Readonly<Record<string, string>>;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('app:1.0'), world.push('app:bare')]);
  await signReference(signed, world.key);
  digests = { [signed]: await world.digestOf(signed), [unsigned]: await world.digestOf(unsigned) };
});
afterAll(() => world.server.stop('SIGKILL'));

const pod = (...images: readonly string[]) =>
  `apiVersion: v1\r\nkind: Pod   # keep\r\nspec:\r\n  containers:\r\n${images.map((image, at) => `  - {name: c${at}, image: "${image}"} # ${at}\r\n`).join('')}`;
/** The text with the digest of each image behind it. */
const pinned = (text: string) =>
  Object.entries(digests).reduce((all, [image, digest]) => all.replaceAll(`"${image}"`, `"${image}@${digest}"`), text);
const trusting = (...args: readonly string[]) => signet(['pin', '--key', world.pub, ...args]);
const read = (path: string) => readFileSync(path, 'utf8');

/** A folder with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const dir = tempDir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

describe('pin without a key or policy', () => {
  it('gives a file to standard output with the digests that its tags name, all else as it is', async () => {
    const text = `\uFEFF${pod(signed, unsigned, signed)}`;
    const dir = folder({ 'pod.yaml': text });
    const done = await signet(['pin', '-f', join(dir, 'pod.yaml')]);
    expect(done).toEqual({ code: 0, stdout: pinned(text), stderr: '' });
    expect(read(join(dir, 'pod.yaml'))).toBe(text);
    expect(await signet(['pin', '-f', '-'], { input: text })).toEqual(done);
    expect(await signet(['pin', '-f', '-'], { input: done.stdout })).toEqual(done);
  });

  it('gives what names no image as it is', async () => {
    const input = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
    expect(await signet(['pin', '-f', '-'], { input })).toEqual({ code: 0, stdout: input, stderr: '' });
  });

  it('shows a folder as a diff that makes what --write makes', async () => {
    const files = { 'a.yaml': pod(signed), 'sub/b c.yaml': pod(unsigned), 'none.yaml': 'a: 1\n' };
    const [shown, written] = [folder(files), folder(files)];
    const diff = await ok(['pin', '-f', '.'], { cwd: shown });
    expect(diff.stdout.match(/^\+\+\+ .*/gm)).toEqual(['+++ b/a.yaml', '+++ b/sub/b c.yaml\t']);
    expect(read(join(shown, 'a.yaml'))).toBe(files['a.yaml']);
    await runOk('git', ['apply', '--whitespace=nowarn', '-'], { cwd: shown, input: diff.stdout });
    await ok(['pin', '-f', '.', '--write'], { cwd: written });
    for (const name of Object.keys(files)) expect(read(join(written, name)), name).toBe(read(join(shown, name)));
    expect(read(join(shown, 'sub/b c.yaml'))).toBe(pinned(files['sub/b c.yaml']));
  });

  it('asks for each image once, and for none that has a digest, though its tag has moved', async () => {
    const kept = `${signed}@${digests[unsigned]}`;
    const dir = folder({ 'a.yaml': pod(signed, kept), 'b.yaml': pod(signed, kept) });
    const done = await ok(['pin', '-f', dir, '--write', '--verbose']);
    expect(done.stderr.match(/^(?:GET|HEAD) /gm)).toHaveLength(1);
    expect(read(join(dir, 'b.yaml'))).toBe(pinned(pod(signed, kept)));
  });

  it('tells each image that cannot be resolved at its places, and writes nothing', async () => {
    const [missing, dead] = [`${world.host}/app:missing`, `127.0.0.1:${await deadPort()}/app:1`];
    const dir = folder({ 'a.yaml': pod(signed), 'b.yaml': pod(missing, dead, missing) });
    const done = await signet(['pin', '-f', dir, '--write']);
    expect(done).toMatchObject({ code: 3, stdout: '' });
    expect(done.stderr).toMatch(/^error\[NOT_FOUND\]: \S+b\.yaml:5:23: /m);
    expect(done.stderr).toMatch(/^error\[UNREACHABLE\]: \S+b\.yaml:6:23: /m);
    expect(done.stderr).toMatch(/^nothing was pinned/m);
    expect(read(join(dir, 'a.yaml'))).toBe(pod(signed));
  });
});

describe('pin --write', () => {
  it('keeps mode and links, says each place, and does nothing a second time', async () => {
    const dir = folder({ 'real.yaml': pod(signed) });
    chmodSync(join(dir, 'real.yaml'), 0o751);
    symlinkSync('real.yaml', join(dir, 'link.yaml'));
    const done = await ok(['pin', '-f', dir, '--write']);
    expect(done.stdout).toBe(`pinned  ${dir}/link.yaml:5:23  ${signed}@${digests[signed]}\n`);
    expect(read(join(dir, 'real.yaml'))).toBe(pinned(pod(signed)));
    expect(statSync(join(dir, 'real.yaml')).mode & 0o7777).toBe(0o751);
    expect(lstatSync(join(dir, 'link.yaml')).isSymbolicLink()).toBe(true);
    utimesSync(join(dir, 'real.yaml'), 1, 1);
    expect(await ok(['pin', '-f', dir, '--write'])).toMatchObject({ stdout: '', stderr: '' });
    expect(statSync(join(dir, 'real.yaml')).mtimeMs).toBe(1000);
    expect(readdirSync(dir)).toEqual(['link.yaml', 'real.yaml']);
  });

  it('has one JSON document a place, also without writing', async () => {
    const dir = folder({ 'a.yaml': pod(signed) });
    const wanted = [
      {
        reference: signed,
        digest: digests[signed],
        written: signed,
        use: { place: { file: join(dir, 'a.yaml'), line: 5, column: 23 }, within: 'Pod, container c0' },
      },
    ];
    expect(jsonLines((await ok(['pin', '-f', dir, '-o', 'json'])).stdout)).toEqual(wanted);
    expect(read(join(dir, 'a.yaml'))).toBe(pod(signed));
    expect(jsonLines((await ok(['pin', '-f', dir, '-o', 'json', '--write'])).stdout)).toEqual(wanted);
    expect(read(join(dir, 'a.yaml'))).toBe(pinned(pod(signed)));
  });

  it('refuses links that lead out of the folder, and follows one that is named itself', async () => {
    const [dir, outside] = [folder({ 'a.yaml': pod(signed) }), folder({ 'out.yaml': pod(signed) })];
    symlinkSync(join(outside, 'out.yaml'), join(dir, 'link.yaml'));
    for (const more of [['--write'], []]) {
      expect(await signet(['pin', '-f', dir, ...more])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(
          /^error\[USAGE\]: \S+link\.yaml is a link that leads out of .*: it is not written/,
        ),
      });
    }
    expect(read(join(dir, 'a.yaml'))).toBe(pod(signed));
    await ok(['pin', '-f', join(dir, 'link.yaml'), '--write']);
    expect(read(join(outside, 'out.yaml'))).toBe(pinned(pod(signed)));
    expect(lstatSync(join(dir, 'link.yaml')).isSymbolicLink()).toBe(true);
  });

  it('writes nothing where one file cannot be read', async () => {
    const dir = folder({ 'a.yaml': pod(signed), 'b.yaml': 'a: [' });
    const done = await signet(['pin', '-f', dir, '--write']);
    expect(done).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error\[WORKLOAD_MALFORMED\]: .*b\.yaml:1:/),
    });
    expect(read(join(dir, 'a.yaml'))).toBe(pod(signed));
  });

  it('pins all images or none, unless it is told to leave those that cannot get a digest', async () => {
    const compose = `services:\n  a: {image: "${world.host}/app:\${TAG:-1.0}"}\n  b: {image: "${signed}"}\n`;
    const odd = 'apiVersion: example.com/v1\nkind: App\nspec: {image: x}\n';
    const dir = folder({ 'compose.yaml': compose, 'odd.yaml': odd });
    const [file, write] = [join(dir, 'compose.yaml'), ['pin', '-f', join(dir, 'compose.yaml'), '--write']];
    expect(await signet(write)).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error\[INPUT_UNPINNED\]: \S+:2:14: .* it has a variable/),
    });
    expect(await signet(['pin', '-f', dir, '--write'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^error\[INPUT_UNREAD\]: \S+odd\.yaml:3:15: .*KIND_UNKNOWN/),
    });
    expect(read(file)).toBe(compose);
    expect(await signet(['pin', '-f', dir, '--write', '--allow-unpinned'])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^note: .*compose\.yaml:2:14: /m),
    });
    expect(read(file)).toBe(pinned(compose));
    expect(read(join(dir, 'odd.yaml'))).toBe(odd);
  });
});

describe('pin with a key or policy', () => {
  it('writes the digest that was verified: the tag is asked for once', async () => {
    const done = await trusting('-f', '-', '--verbose');
    expect(done.code).toBe(2); // nothing could be verified
    const dir = folder({ 'a.yaml': pod(signed) });
    const verified = await trusting('-f', join(dir, 'a.yaml'), '--verbose');
    expect(verified).toMatchObject({ code: 0, stdout: pinned(pod(signed)) });
    expect(verified.stderr.match(/\/manifests\/1\.0 /g)).toHaveLength(1);
    const again = await signet(['pin', '--key', world.pub, '-f', '-'], { input: verified.stdout });
    expect(again).toMatchObject({ code: 0, stdout: verified.stdout });
  });

  it.each([
    ['denied', 1, async () => unsigned, /^denied .*NO_SIGNATURE\n {2}at {8}\S+b\.yaml:5:23 /m],
    ['undecided', 3, async () => `127.0.0.1:${await deadPort()}/app:1`, /^undecided .*UNRESOLVED/m],
    ['a digest that nobody signed', 1, async () => `${signed}@${digests[unsigned]}`, /^denied .*NO_SIGNATURE/m],
  ])('refuses what is %s, and writes nothing at all', async (_what, code, image, told) => {
    const dir = folder({ 'a.yaml': pod(signed), 'b.yaml': pod(await image()) });
    for (const more of [['--write'], [], ['-o', 'json']]) {
      const done = await trusting('-f', dir, ...more);
      expect(done).toMatchObject({ code, stdout: '' });
      expect(done.stderr).toMatch(told);
      expect(read(join(dir, 'a.yaml'))).toBe(pod(signed));
    }
  });

  it('counts what may name an image and cannot be read as undecided, whatever is allowed', async () => {
    const text = `${pod(signed)}---\r\napiVersion: example.com/v1\r\nkind: App\r\nspec: {image: x}\r\n`;
    const dir = folder({ 'a.yaml': text });
    for (const more of [[], ['--allow-unpinned']]) {
      const done = await trusting('-f', dir, '--write', ...more);
      expect(done).toMatchObject({ code: 3, stderr: expect.stringMatching(/^error\[INPUT_UNREAD\]/) });
    }
    expect(read(join(dir, 'a.yaml'))).toBe(text);
  });

  it('pins what the mode of a rule allows, and says so; not under --strict', async () => {
    const policy = (rules: string) => `version: 1\ntrust: {k: {keys: [${world.pub}]}}\nrules:\n${rules}`;
    const warn = policy(`- {images: ["${world.host}/**"], mode: warn, require: {any: [k]}}\n`);
    const skip = policy(`- {images: ["${world.host}/**"], mode: skip}\n`);
    const dir = folder({ 'warn.policy': warn, 'skip.policy': skip });
    for (const [name, reason] of [
      ['warn', 'NO_SIGNATURE'],
      ['skip', 'NOT_CHECKED'],
    ] as const) {
      const by = ['pin', '--policy', join(dir, `${name}.policy`), '-f', '-'];
      const done = await signet(by, { input: pod(unsigned) });
      expect(done).toMatchObject({ code: 0, stdout: pinned(pod(unsigned)) });
      expect(done.stderr).toBe(`note: ${unsigned} is not verified (${reason}), which its rule allows\n`);
      expect(await signet([...by, '--strict'], { input: pod(unsigned) })).toMatchObject({ stdout: '' });
    }
  });

  it('pins the image of the platform that the input asks for, and verifies it again', async () => {
    const multi = await world.pushIndex('multi:1');
    const child = (await world.children(multi)).find((each) => /amd64/.test(JSON.stringify(each)))?.digest ?? '';
    await signReference(multi, world.key, { digest: child });
    const input = `services:\n  a: {image: "${multi}", platform: linux/amd64}\n  b: {image: "${signed}", platform: linux/amd64}\n`;
    const args = ['pin', '--key', world.pub, '-f', '-'];
    const done = await signet(args, { input });
    expect(done).toMatchObject({ code: 0, stdout: pinned(input).replace(`"${multi}"`, `"${multi}@${child}"`) });
    expect(await signet(args, { input: done.stdout })).toEqual({ code: 0, stdout: done.stdout, stderr: '' });
  });
});

describe('verify --resolve-tags', () => {
  it('reports as verify does, then writes the digests that were verified', async () => {
    const dir = folder({ 'a.yaml': pod(signed, signed) });
    const done = await signet(['verify', '--key', world.pub, '-f', dir, '--resolve-tags', '--verbose']);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^verified .*\n {2}at {8}\S+a\.yaml:5:23/) });
    expect(done.stderr).toContain(`pinned ${dir}/a.yaml:6:23  ${signed}@${digests[signed]}\n`);
    expect(done.stderr.match(/\/manifests\/1\.0 /g)).toHaveLength(1);
    expect(read(join(dir, 'a.yaml'))).toBe(pinned(pod(signed, signed)));
    const json = await ok(['verify', '--key', world.pub, '-f', dir, '--resolve-tags', '-o', 'json']);
    expect(jsonLines(json.stdout)).toMatchObject([{ verdict: 'verified' }, { verdict: 'verified' }]);
  });

  it('writes nothing where an image is denied', async () => {
    const dir = folder({ 'a.yaml': pod(signed, unsigned) });
    const done = await signet(['verify', '--key', world.pub, '-f', dir, '--resolve-tags']);
    expect(done).toMatchObject({ code: 1, stderr: 'nothing was pinned: see above\n' });
    expect(read(join(dir, 'a.yaml'))).toBe(pod(signed, unsigned));
  });
});

describe('what is read by flags', () => {
  it('is pinned by the same flags', async () => {
    const dir = folder({
      'app.yaml': `apiVersion: example.com/v1\nkind: App\nspec: {image: "${signed}"}\n`,
      Dockerfile: `ARG BASE="${signed}"\nARG OTHER\nFROM $BASE\nFROM ${world.host}/$OTHER\n`,
    });
    const before = read(join(dir, 'app.yaml'));
    const flags = ['--image-path', 'example.com/v1/App=$.spec.image', '--build-arg', 'OTHER=app:1.0'];
    const args = ['pin', '--key', world.pub, '-f', dir, ...flags, '--write'];
    expect(await signet(args)).toMatchObject({ code: 3, stderr: expect.stringContaining('Dockerfile:4:6: ') });
    expect(read(join(dir, 'app.yaml'))).toBe(before);
    expect(await signet([...args, '--allow-unpinned'])).toMatchObject({ code: 0 });
    expect(read(join(dir, 'app.yaml'))).toBe(pinned(before));
    expect(read(join(dir, 'Dockerfile'))).toContain(pinned(`ARG BASE="${signed}"\n`));
  });
});

describe('usage', () => {
  it.each([
    ['pin'],
    ['pin', '-f', '-', '--write'],
    ['pin', '-f', 'x', '--tag-bound'],
    ['pin', '-f', 'x', '--strict'],
    ['pin', '-f', 'x', '--key', 'k', '--policy', 'p'],
    ['pin', '-f', '/no/such'],
    ['pin', 'x'],
    ['verify', '--key', 'k', 'r.example/a', '--resolve-tags'],
    ['verify', '--key', 'k', '-f', '-', '--resolve-tags'],
    ['verify', '--key', 'k', '-f', 'x', '--allow-unpinned'],
    ['verify', '--key', 'k', '-f', 'x', '--resolve-tags', '--platform', 'linux/amd64'],
  ])('signet %s %s %s %s %s: refused before anything is asked', async (...args) => {
    expect(await signet(args.filter((arg) => arg !== undefined))).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error\[(?:USAGE|FILE_UNREADABLE)\]/),
    });
  });
});
