import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import type { PluginSetup } from '../support/plugins/good-plugin.ts';
import { installTestPlugin, pluginScript, writePlugin } from '../support/plugins/install.ts';
import { type RunResult, runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa, type TestCa } from '../support/tls.ts';
import { jsonLines } from './cli-world.ts';

const acme: PluginSetup = { name: 'acme', kind: 'raw' };

/** A user with a configuration folder of his own. */
function user() {
  const home = tempDir('signet-plugin-home-');
  const plugins = join(home, 'notation/plugins');
  const run = (...args: readonly string[]): Promise<RunResult> =>
    signet(['plugin', ...args], { env: { XDG_CONFIG_HOME: home } });
  return {
    home,
    notation: join(home, 'notation'),
    plugins,
    run,
    install: (path: string, ...more: readonly string[]) => run('install', '--file', path, '-o', 'json', ...more),
    /** Names in the folder of plugins: nothing unfinished is left there. */
    left: () => (existsSync(plugins) ? readdirSync(plugins) : []),
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function save(bytes: Uint8Array, name = 'plugin.tar.gz'): string {
  const path = join(tempDir('signet-plugin-source-'), name);
  writeFileSync(path, bytes);
  return path;
}

const script = (setup: PluginSetup = acme): TarEntry => {
  const body = pluginScript(setup);
  return { header: { name: `notation-${setup.name}`, size: body.length, mode: 0o755 }, body };
};
const text = (name: string, body = 'text'): TarEntry => ({ header: { name, size: body.length, mode: 0o644 }, body });
const tarGz = async (entries: readonly TarEntry[]): Promise<Uint8Array> => gzipSync(await packTar(entries));

describe('signet plugin install --file', () => {
  it('takes a program, and puts it where notation looks', async () => {
    const { install, run, plugins, left } = user();
    const done = await install(writePlugin(tempDir(), acme));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(done.stdout)).toMatchObject([{ name: 'acme', version: '1.2.3', folder: join(plugins, 'acme') }]);
    expect(statSync(join(plugins, 'acme/notation-acme')).mode & 0o777).toBe(0o755);
    expect(left()).toEqual(['acme']);
    const [listed] = jsonLines((await run('list', '-o', 'json')).stdout);
    expect(listed).toMatchObject({
      name: 'acme',
      path: join(plugins, 'acme/notation-acme'),
      capabilities: expect.arrayContaining(['SIGNATURE_GENERATOR.RAW']),
    });
  });

  it('takes a folder, with what lies beside the program', async () => {
    const { install, plugins } = user();
    const source = tempDir();
    writePlugin(source, acme);
    writeFileSync(join(source, 'LICENSE'), 'free');
    mkdirSync(join(source, 'docs'));
    expect(await install(source)).toMatchObject({ code: 0 });
    expect(readdirSync(join(plugins, 'acme')).sort()).toEqual(['LICENSE', 'notation-acme']);
  });

  it('takes a .tar.gz and a .zip, also those that tar and zip make', async () => {
    const source = tempDir();
    writePlugin(source, acme);
    writeFileSync(join(source, 'LICENSE'), 'free');
    mkdirSync(join(source, 'docs'));
    writeFileSync(join(source, 'docs/notation-other'), 'deeper');
    const made = tempDir();
    await runOk('tar', ['-czf', join(made, 'a.tar.gz'), '-C', source, '.']);
    await runOk('zip', ['-qr', join(made, 'a.zip'), '.'], { cwd: source });
    for (const name of ['a.tar.gz', 'a.zip']) {
      const { install, plugins, run } = user();
      expect(await install(join(made, name)), name).toMatchObject({ code: 0 });
      expect(readdirSync(join(plugins, 'acme')).sort(), name).toEqual(['LICENSE', 'notation-acme']);
      expect((await run('list')).stdout).toMatch(/^acme 1\.2\.3 {2}A plugin for tests/);
    }
  });

  it('lets a program be run that an archive says may not be', async () => {
    const { install } = user();
    const { header, body } = script();
    const source = save(await tarGz([{ header: { ...header, mode: 0o644 }, body: body ?? '' }]));
    expect(await install(source)).toMatchObject({ code: 0 });
  });

  it('replaces an older version, and the same or a newer one only with --force', async () => {
    const { install, run, left } = user();
    const version = (text: string) => writePlugin(tempDir(), { ...acme, version: text });
    const now = async () => jsonLines((await run('list', '-o', 'json')).stdout)[0]?.version;
    expect(await install(version('1.9.0'))).toMatchObject({ code: 0 });
    const newer = await install(version('1.10.0'));
    expect(jsonLines(newer.stdout)).toMatchObject([{ version: '1.10.0', replaced: '1.9.0' }]);
    for (const [older, why] of [
      ['1.10.0', 'in the same version 1.10.0'],
      ['1.10.0-rc.1', 'in the newer version 1.10.0: 1.10.0-rc.1 would be a step back'],
      ['1.9.0', 'in the newer version 1.10.0'],
    ] as const) {
      const done = await install(version(older));
      expect(done, older).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(why) });
      expect(done.stderr).toContain('error[PLUGIN_INSTALLED]');
      expect(await now()).toBe('1.10.0');
    }
    expect(jsonLines((await install(version('1.9.0'), '--force')).stdout)).toMatchObject([{ replaced: '1.10.0' }]);
    expect(await now()).toBe('1.9.0');
    expect(left()).toEqual(['acme']);
  });

  it('replaces one that does not say who it is only with --force', async () => {
    const { install, notation } = user();
    installTestPlugin(notation, { ...acme, fault: 'exit-2' });
    const source = writePlugin(tempDir(), acme);
    expect(await install(source)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not say which version'),
    });
    expect(jsonLines((await install(source, '--force')).stdout)).toMatchObject([{ replaced: 'unknown' }]);
  });

  it.each([
    ['wrong-name', 1, 'PLUGIN_CONTRACT'],
    ['wrong-contract', 1, 'PLUGIN_CONTRACT'],
    ['bad-json', 1, 'PLUGIN_CONTRACT'],
    ['denied', 3, 'PLUGIN_FAILED'],
    ['exit-2', 3, 'PLUGIN_FAILED'],
  ])('does not install one that breaks the contract: %s', async (fault, code, name) => {
    const { install, left } = user();
    const done = await install(writePlugin(tempDir(), { ...acme, fault }));
    expect(done).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(`error[${name}]`) });
    expect(left()).toEqual([]);
  });

  it('needs a version that can be compared', async () => {
    const { install, left } = user();
    const done = await install(writePlugin(tempDir(), { ...acme, version: 'latest' }));
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('its version is "latest"') });
    expect(left()).toEqual([]);
  });

  it('holds a file to --sha256', async () => {
    const { install, left } = user();
    const source = writePlugin(tempDir(), acme);
    const done = await install(source, '--sha256', '0'.repeat(64));
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('error[PLUGIN_DIGEST]') });
    expect(left()).toEqual([]);
    expect(await install(source, '--sha256', sha256(readFileSync(source)).toUpperCase())).toMatchObject({ code: 0 });
  });
});

describe('what is not taken for a plugin', () => {
  const link = (type: 'symlink' | 'link', linkname: string): TarEntry => ({
    header: { name: 'notation-acme', size: 0, type, linkname },
  });
  const odd: readonly (readonly [what: string, entries: readonly TarEntry[], why: string])[] = [
    ['nothing', [], 'no program notation-NAME'],
    ['no program', [text('README')], 'no program notation-NAME'],
    ['a program that lies deeper', [text('bin/notation-acme')], 'no program notation-NAME'],
    ['two programs', [script(), script({ ...acme, name: 'other' })], 'several programs: notation-acme, notation-other'],
    ['a name twice', [script(), script()], '"notation-acme" is there twice'],
    ['a way up', [script(), text('../escaped')], 'would lie elsewhere: "../escaped"'],
    ['a way up within', [script(), text('a/../../escaped')], 'would lie elsewhere'],
    ['a path from the root', [script(), text('/tmp/escaped')], 'would lie elsewhere'],
    ['a path of Windows', [script(), text('..\\escaped')], 'would lie elsewhere'],
    ['a symbolic link', [link('symlink', '/bin/sh')], 'is no regular file, but a symlink'],
    ['a hard link', [text('x'), link('link', 'x')], 'is no regular file, but a link'],
    ['a pipe', [script(), { header: { name: 'pipe', size: 0, type: 'fifo' } }], 'is no regular file, but a fifo'],
    [
      'more files than a plugin has',
      Array.from({ length: 1001 }, (_, at) => text(`f${at}`, '')),
      'more than 1000 files',
    ],
  ];
  it.each(odd)('a .tar.gz with %s', async (_, entries, why) => {
    const { install, left, home } = user();
    const done = await install(save(await tarGz(entries)));
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(why) });
    expect(done.stderr).toContain('error[PLUGIN_SOURCE]');
    expect(left()).toEqual([]);
    expect(existsSync(join(home, '../escaped'))).toBe(false);
  });

  it.each([
    ['cut off', async () => (await tarGz([script()])).subarray(0, 100)],
    ['no tar inside', async () => gzipSync('this is no tar'.repeat(100))],
    [
      'a changed header',
      async () => {
        const tar = await packTar([script()]);
        tar[0] = (tar[0] ?? 0) ^ 1;
        return gzipSync(tar);
      },
    ],
    ['a zip that is none', async () => Buffer.from('504b0304ffffffff', 'hex')],
  ])('an archive that cannot be read: %s', async (_, make) => {
    const { install, left } = user();
    const done = await install(save(await make()));
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('that can be read') });
    expect(left()).toEqual([]);
  });

  it('a .tar.gz that unpacks to more than 256 MiB', { timeout: 120_000 }, async () => {
    const { install, left } = user();
    const size = 300 * 1024 * 1024;
    const head = (await packTar([{ header: { name: 'big', size: 0, mode: 0o644 } }])).subarray(0, 512);
    const big = Buffer.alloc(512 + size + 1024);
    big.set(head);
    big.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    big.write('        ', 148, 'latin1');
    const sum = big.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    big.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const done = await install(save(gzipSync(big, { level: 1 })));
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('more than 268435456 bytes') });
    expect(left()).toEqual([]);
  });

  it('a .zip with a link, a way up, or a password', async () => {
    const source = tempDir();
    writePlugin(source, acme);
    symlinkSync('/bin/sh', join(source, 'shell'));
    await runOk('zip', ['-qry', 'link.zip', 'notation-acme', 'shell'], { cwd: source });
    await runOk('zip', ['-q', '-P', 'secret', 'locked.zip', 'notation-acme'], { cwd: source });
    await runOk('zip', ['-q', 'plain.zip', 'notation-acme'], { cwd: source });
    const up = readFileSync(join(source, 'plain.zip'));
    // The name stands in the file twice, with the same length.
    for (let at = up.indexOf('notation-acme'); at !== -1; at = up.indexOf('notation-acme', at + 1))
      up.write('../tation-acme'.slice(0, 13), at, 'latin1');
    for (const [path, why] of [
      [join(source, 'link.zip'), '"shell" is no regular file'],
      [join(source, 'locked.zip'), 'encrypted'],
      [save(up, 'up.zip'), 'that can be read'],
    ] as const) {
      const { install, left } = user();
      const done = await install(path);
      expect(done, path).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
      expect(left()).toEqual([]);
    }
    expect(await user().install(join(source, 'plain.zip'))).toMatchObject({ code: 0 });
  });

  it('a folder with a link in it, a file of another name, and nothing at all', async () => {
    const { install, left } = user();
    const source = tempDir();
    const program = writePlugin(tempDir(), acme);
    symlinkSync(program, join(source, 'notation-acme'));
    expect(await install(source)).toMatchObject({ code: 2, stderr: expect.stringContaining('is no regular file') });
    const renamed = writePlugin(tempDir(), acme, 'acme-plugin');
    expect(await install(renamed)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no program notation-NAME'),
    });
    expect(await install(join(source, 'none'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot read'),
    });
    expect(left()).toEqual([]);
  });

  it('is told how to be called', async () => {
    const { run } = user();
    for (const args of [[], ['--file', 'a', '--url', 'https://b'], ['--file', 'a', '--ca-file', 'b']])
      expect(await run('install', ...args), args.join(' ')).toMatchObject({ code: 2 });
    const hash = ['--sha256', '0'.repeat(64)];
    expect(await run('install', '--url', 'https://example.com/a')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--url needs --sha256'),
    });
    for (const url of ['http://127.0.0.1/a', 'ftp://127.0.0.1/a', 'https://me:pass@127.0.0.1/', 'nothing'])
      expect(await run('install', '--url', url, ...hash), url).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('an address that begins with https://'),
      });
    expect(await run('install', '--file', 'a', '--sha256', 'short')).toMatchObject({ code: 2 });
  });
});

describe('signet plugin install --url', () => {
  let ca: TestCa;
  let server: Server;
  let base = '';
  let archive: Uint8Array;
  beforeAll(async () => {
    ca = await createTestCa();
    archive = await tarGz([script()]);
    const { cert, key } = await ca.issue({ hosts: ['127.0.0.1'] });
    server = createServer({ cert, key }, ({ url = '' }, answer) => {
      const to = { '/moved': '/a.tar.gz', '/plain': 'http://127.0.0.1:1/a.tar.gz', '/round': '/round' }[url];
      if (to !== undefined) answer.writeHead(302, { location: to }).end();
      else if (url === '/a.tar.gz') answer.end(archive);
      else if (url === '/notation-acme' || url.startsWith('/odd/')) answer.end(pluginScript(acme));
      else answer.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await ca.remove();
  });

  const fetch = (to: ReturnType<typeof user>, path: string, ...more: readonly string[]) =>
    to.run('install', '--url', `${base}${path}`, '--ca-file', ca.caFile, '-o', 'json', ...more);

  it('fetches an archive, also where it has moved', async () => {
    for (const path of ['/a.tar.gz', '/moved']) {
      const mine = user();
      expect(await fetch(mine, path, '--sha256', sha256(archive)), path).toMatchObject({ code: 0, stderr: '' });
      expect(mine.left()).toEqual(['acme']);
    }
  });

  it('fetches a program, which has its name from the address', async () => {
    const digest = sha256(Buffer.from(pluginScript(acme)));
    expect(await fetch(user(), '/notation-acme', '--sha256', digest)).toMatchObject({ code: 0 });
  });

  it.each([
    ['/odd/..%2f..%2fnotation-acme', 'a file cannot be called "../../notation-acme"'],
    ['/odd/..%5cnotation-acme', 'a file cannot be called'],
    ['/odd/%00', 'a file cannot be called'],
    ['/odd/', 'a file cannot be called ""'],
    ['/odd/%ff', 'no program notation-NAME'],
  ])('writes no program beside its own folder: %s', async (path, why) => {
    const mine = user();
    const done = await fetch(mine, path, '--sha256', sha256(Buffer.from(pluginScript(acme))));
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('error[PLUGIN_SOURCE]') });
    expect(done.stderr.replaceAll('\\', '')).toContain(why.replaceAll('\\', ''));
    expect(mine.left()).toEqual([]);
  });

  it.each([
    ['/a.tar.gz', 1, 'PLUGIN_DIGEST', 'the file has the SHA-256'],
    ['/nothing', 3, 'PLUGIN_DOWNLOAD', 'answers with status 404'],
    ['/plain', 3, 'PLUGIN_DOWNLOAD', 'redirects to an address that is not https'],
    ['/round', 3, 'PLUGIN_DOWNLOAD', 'more than 5 redirects'],
  ])('%s: nothing is installed', async (path, code, name, why) => {
    const mine = user();
    const done = await fetch(mine, path, '--sha256', '0'.repeat(64));
    expect(done).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(why) });
    expect(done.stderr).toContain(`error[${name}]`);
    expect(mine.left()).toEqual([]);
  });

  it('trusts no server that the system does not', async () => {
    const mine = user();
    const done = await mine.run('install', '--url', `${base}/a.tar.gz`, '--sha256', sha256(archive));
    expect(done).toMatchObject({ code: 3, stderr: expect.stringContaining('error[PLUGIN_DOWNLOAD]') });
    expect(mine.left()).toEqual([]);
  });
});

describe('signet plugin list and uninstall', () => {
  it('shows each, also those that cannot be used', async () => {
    const { run, notation, plugins } = user();
    expect(await run('list')).toEqual({ code: 0, stdout: '', stderr: 'no plugin is installed\n' });
    installTestPlugin(notation, acme);
    installTestPlugin(notation, { ...acme, name: 'broken', fault: 'wrong-name' });
    mkdirSync(join(plugins, 'empty'));
    const listed = jsonLines((await run('list', '-o', 'json')).stdout);
    expect(listed).toMatchObject([
      { name: 'acme', version: '1.2.3' },
      { name: 'broken', error: { code: 'PLUGIN_CONTRACT' } },
      { name: 'empty', error: { code: 'PLUGIN_NOT_FOUND' } },
    ]);
    const { code, stdout } = await run('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^broken {2}cannot be used: \[PLUGIN_CONTRACT\]/m);
  });

  it('tells plugins no password of the user', async () => {
    const { notation, home } = user();
    const path = installTestPlugin(notation, acme);
    const script = [
      `#!${process.execPath}`,
      'const description = Object.entries(process.env).flat().join(" ");',
      'const rest = { version: "1.0.0", url: "u", supportedContractVersions: ["1.0"], capabilities: ["x"] };',
      'process.stdout.write(JSON.stringify({ name: "acme", description, ...rest }));',
    ];
    writeFileSync(path, script.join('\n'), { mode: 0o755 });
    const env = {
      XDG_CONFIG_HOME: home,
      SIGNET_PASSWORD: 's3cret-one',
      COSIGN_PASSWORD: 's3cret-two',
      SEEN: 'as-it-is',
    };
    const [listed] = jsonLines((await signet(['plugin', 'list', '-o', 'json'], { env })).stdout);
    expect(listed?.description).toContain('as-it-is');
    expect(listed?.description).not.toMatch(/s3cret|PASSWORD/);
  });

  it.each(['\u001b[2J\u001b]0;title\u0007', '\u202everified', 'two\nlines', '\u009b31m'])(
    'shows a description of %j as text',
    async (description) => {
      const { notation, run } = user();
      const path = installTestPlugin(notation, acme);
      const answer = { name: 'acme', description, version: '1.0.0', url: 'u', supportedContractVersions: ['1.0'] };
      const text = JSON.stringify({ ...answer, capabilities: ['x'] });
      writeFileSync(path, `#!${process.execPath}\nprocess.stdout.write(${JSON.stringify(text)});\n`, { mode: 0o755 });
      for (const args of [['list'], ['list', '-o', 'json']]) {
        const { code, stdout } = await run(...args);
        expect(code).toBe(0);
        expect(stdout.trimEnd().split('\n').length).toBe(1);
        expect(stdout.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }
    },
  );

  it('removes those that are named, whatever is in them', async () => {
    const { run, notation, plugins, left } = user();
    for (const name of ['a', 'b', 'c']) installTestPlugin(notation, { ...acme, name });
    mkdirSync(join(plugins, 'empty'));
    const done = await run('uninstall', '--yes', '-o', 'json', 'a', 'empty');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(done.stdout)).toMatchObject([
      { name: 'a', removed: true },
      { name: 'empty', removed: true },
    ]);
    expect(left()).toEqual(['b', 'c']);
  });

  it('removes none where one is missing, is a link, or nobody was asked', async () => {
    const { run, notation, plugins, left, home } = user();
    installTestPlugin(notation, acme);
    mkdirSync(join(home, 'elsewhere'));
    symlinkSync(join(home, 'elsewhere'), join(plugins, 'link'));
    for (const [args, why] of [
      [['--yes', 'acme', 'none'], 'error[PLUGIN_NOT_FOUND]'],
      [['--yes', 'acme', 'link'], 'error[PLUGIN_FILE_UNFIT]'],
      [['--yes', 'acme', '../plugins'], 'error[PLUGIN_NAME_INVALID]'],
      [['acme'], '--yes'],
    ] as const)
      expect(await run('uninstall', ...args), args.join(' ')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(why),
      });
    expect(left()).toEqual(['acme', 'link']);
    expect(existsSync(join(home, 'elsewhere'))).toBe(true);
  });
});
