import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPlugin, listPluginNames, pluginMetadata, runPlugin } from '@signet/core/notary-plugin';
import { describe, expect, it } from 'vitest';
import { installTestPlugin } from '../../support/plugins/install.ts';
import { tempDir } from '../../support/temp.ts';
import { failureOf, startablePlugin } from './questions.ts';

const setup = { name: 'test-plugin_1', kind: 'raw' } as const;

describe('where plugins are', () => {
  it('finds the program in the folder of its name', async () => {
    const folder = tempDir();
    const path = installTestPlugin(folder, setup);
    expect(await findPlugin(folder, setup.name)).toEqual({ name: setup.name, folder: dirname(path), path });
  });

  it.each(['', '.', '..', 'a/b', '../x', 'a b', 'ä', 'x'.repeat(129), 'a\0'])(
    'no plugin is called %j',
    async (name) => {
      const error = await failureOf(findPlugin(tempDir(), name));
      expect(error).toMatchObject({ code: 'PLUGIN_NAME_INVALID' });
    },
  );

  it('tells a missing folder and a missing program', async () => {
    const folder = tempDir();
    expect(await failureOf(findPlugin(folder, 'x'))).toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    mkdirSync(join(folder, 'plugins/x'), { recursive: true });
    const error = await failureOf(findPlugin(folder, 'x'));
    expect(error).toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      message: expect.stringContaining('notation-x is missing'),
    });
  });

  it('follows no link, neither to the program nor to its folder', async () => {
    const folder = tempDir();
    const real = installTestPlugin(folder, setup);
    mkdirSync(join(folder, 'plugins/linked'));
    symlinkSync(real, join(folder, 'plugins/linked/notation-linked'));
    symlinkSync(dirname(real), join(folder, 'plugins/folder'));
    expect(await failureOf(findPlugin(folder, 'linked'))).toMatchObject({
      code: 'PLUGIN_FILE_UNFIT',
      message: expect.stringContaining('is no regular file'),
    });
    expect(await failureOf(findPlugin(folder, 'folder'))).toMatchObject({
      code: 'PLUGIN_FILE_UNFIT',
      message: expect.stringContaining('is no folder'),
    });
  });

  it('refuses a folder in place of the program, and a file that may not be run', async () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'plugins/a/notation-a'), { recursive: true });
    expect((await failureOf(findPlugin(folder, 'a'))).message).toContain('is no regular file');
    chmodSync(installTestPlugin(folder, setup), 0o644);
    expect((await failureOf(findPlugin(folder, setup.name))).message).toContain('may not be run');
  });

  it('lists folders by their names, and nothing where there are none', async () => {
    const folder = tempDir();
    expect(await listPluginNames(folder)).toEqual([]);
    for (const name of ['b', 'a']) installTestPlugin(folder, { ...setup, name });
    writeFileSync(join(folder, 'plugins/file'), '');
    symlinkSync(join(folder, 'plugins/a'), join(folder, 'plugins/link'));
    mkdirSync(join(folder, 'plugins/.unfinished'));
    expect(await listPluginNames(folder)).toEqual(['a', 'b']);
  });
});

describe('running a plugin', () => {
  it('gives what it writes', async () => {
    const program = await startablePlugin(setup);
    expect(await pluginMetadata(program)).toMatchObject({ name: setup.name, version: '1.2.3' });
  });

  it('hands on the environment, and nothing else', async () => {
    const folder = tempDir();
    const path = join(folder, 'show');
    writeFileSync(path, `#!${process.execPath}\nprocess.stdout.write(JSON.stringify(process.env));\n`, { mode: 0o755 });
    const env = { SOME: 'thing', NONE: undefined };
    const shown = await runPlugin({ name: 'show', folder, path }, 'describe-key', { request: {}, env });
    expect(JSON.parse(Buffer.from(shown).toString())).toEqual({ SOME: 'thing' });
  });

  it('does not mind a plugin that does not read its request', async () => {
    const folder = tempDir();
    const path = join(folder, 'deaf');
    writeFileSync(path, '#!/bin/sh\necho "{}"\n', { mode: 0o755 });
    const request = { much: 'x'.repeat(4 * 1024 * 1024) };
    const said = await runPlugin({ name: 'deaf', folder, path }, 'describe-key', { request, env: {} });
    expect(Buffer.from(said).toString()).toBe('{}\n');
  });

  it.each([
    [
      'denied',
      'PLUGIN_FAILED',
      'ACCESS_DENIED',
      false,
      'get-plugin-metadata failed: ACCESS_DENIED: no access to the key',
    ],
    ['throttled', 'PLUGIN_FAILED', 'THROTTLED', true, 'too many requests; it may succeed later'],
    ['odd-error', 'PLUGIN_FAILED', 'ERROR', false, '"HICCUP" something'],
    ['exit-1', 'PLUGIN_FAILED', undefined, false, 'ended with exit code 1: no JSON at all'],
    ['exit-2', 'PLUGIN_FAILED', undefined, false, 'ended with exit code 2'],
    ['killed', 'PLUGIN_FAILED', undefined, false, 'was ended by SIGTERM'],
    ['bad-json', 'PLUGIN_CONTRACT', undefined, false, 'its answer: not JSON'],
    ['twice', 'PLUGIN_CONTRACT', undefined, false, 'the key "name" stands twice'],
    ['silent', 'PLUGIN_CONTRACT', undefined, false, 'its answer: not JSON'],
  ] as const)('%s: %s', async (fault, code, failure, isRetryable, message) => {
    const error = await failureOf(pluginMetadata(await startablePlugin({ ...setup, fault })));
    expect(error).toMatchObject({ code, failure, isRetryable, message: expect.stringContaining(message) });
    expect(error.message).toContain(setup.name);
  });

  it.each(['hangs', 'leaves-a-child'])('ends one that %s', async (fault) => {
    const program = await startablePlugin({ ...setup, fault }, { timeoutMs: 1000 });
    const error = await failureOf(pluginMetadata(program));
    expect(error).toMatchObject({ code: 'PLUGIN_TIMED_OUT', message: expect.stringContaining('after 1000 ms') });
  });

  it.each([
    ['floods', 'standard output'],
    ['floods-stderr', 'standard error'],
  ])('ends one that %s', async (fault, where) => {
    const program = await startablePlugin({ ...setup, fault }, { maxBytes: 3 * 1024 * 1024 });
    expect(await failureOf(pluginMetadata(program))).toMatchObject({
      code: 'PLUGIN_OUTPUT_TOO_LARGE',
      message: expect.stringContaining(`more than 3145728 bytes to its ${where}`),
    });
  });

  it('is ended by a signal, and not begun where that has fired', async () => {
    const program = await startablePlugin({ ...setup, fault: 'hangs' });
    const stop = new AbortController();
    const done = pluginMetadata(program, { signal: stop.signal });
    setTimeout(() => stop.abort(new RangeError('enough')), 200);
    await expect(done).rejects.toThrow('enough');
    await expect(pluginMetadata(program, { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('says so where it cannot be started', async () => {
    const folder = tempDir();
    const path = join(folder, 'notation-x');
    writeFileSync(path, '#!/no/such/interpreter\n', { mode: 0o755 });
    const error = await failureOf(runPlugin({ name: 'x', folder, path }, 'describe-key', { request: {}, env: {} }));
    expect(error).toMatchObject({ code: 'PLUGIN_FILE_UNFIT', message: expect.stringContaining('cannot be started') });
  });
});
