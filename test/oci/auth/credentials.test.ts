import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eraseCredential, loadCredentials, saveCredential } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { codeOf } from '../code-of.ts';

const basic = (username: string, password: string): object => ({ kind: 'basic', username, password });
const auth = (text: string): object => ({ auth: Buffer.from(text).toString('base64') });

function source(config: object, extra: Record<string, string> = {}) {
  const dir = tempDir();
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  return loadCredentials({ env: { DOCKER_CONFIG: dir, ...extra }, helperTimeoutMs: 500 });
}

function helper(script: string): Record<string, string> {
  const dir = tempDir();
  writeFileSync(join(dir, 'docker-credential-test'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, 'docker-credential-test'), 0o755);
  return { PATH: `${dir}:${process.env.PATH}` };
}

describe('credentials from configuration files', () => {
  it.each(['r.example', 'https://r.example', 'https://r.example/v1/', 'R.example'])('finds the key %s', async (key) => {
    expect(await source({ auths: { [key]: auth('u:p:q') } }).get('r.example')).toEqual(basic('u', 'p:q'));
    expect(await source({ auths: { [key]: auth('u:p') } }).get('r.example.org')).toBeUndefined();
  });

  it('takes the longest prefix', async () => {
    const found = source({ auths: { 'r.io': auth('a:a'), 'r.io/ns': auth('b:b'), 'r.io/ns/x': auth('c:c') } });
    expect(await found.get('r.io', 'ns/x')).toEqual(basic('c', 'c'));
    expect(await found.get('r.io', 'ns/xy')).toEqual(basic('b', 'b'));
    expect(await found.get('r.io', 'other')).toEqual(basic('a', 'a'));
  });

  it('knows Docker Hub, tokens and the ACR user', async () => {
    expect(await source({ auths: { 'https://index.docker.io/v1/': auth('u:p') } }).get('docker.io')).toEqual(
      basic('u', 'p'),
    );
    expect(await source({ auths: { r: { identitytoken: 't' } } }).get('r')).toEqual({ kind: 'refresh', token: 't' });
    expect(await source({ auths: { r: { registrytoken: 't' } } }).get('r')).toEqual({ kind: 'bearer', token: 't' });
    const acr = auth('00000000-0000-0000-0000-000000000000:t');
    expect(await source({ auths: { r: acr } }).get('r')).toMatchObject({ kind: 'refresh', token: 't' });
  });

  it('never quotes a broken file', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'config.json'), '{"auths":{"r":{"auth":"hunter2');
    const error = await loadCredentials({ env: { DOCKER_CONFIG: dir } })
      .get('r')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'CREDENTIALS' });
    expect(error).not.toHaveProperty('cause');
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('a configuration that is looked at before any registry is asked', () => {
  const check = (content: string | undefined, name = 'config.json'): Promise<void> => {
    const dir = tempDir();
    if (content !== undefined) writeFileSync(join(dir, name), content);
    return loadCredentials({ env: { HOME: dir, XDG_RUNTIME_DIR: dir, DOCKER_CONFIG: dir } }).check();
  };

  it('is good where it can be read, and where none is in the usual places', async () => {
    await check('{}');
    await check(undefined);
  });

  it.each(['', '{', '[]', '{"auths":7}'])('is refused where it is broken: %j', async (content) => {
    expect(await codeOf(check(content))).toBe('CREDENTIALS');
  });

  it('is refused where it is podman that has the broken one', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'auth.json'), '{');
    const env = { DOCKER_CONFIG: dir, REGISTRY_AUTH_FILE: join(dir, 'auth.json') };
    expect(await codeOf(loadCredentials({ env }).check())).toBe('CREDENTIALS');
    const named = loadCredentials({ env, configFile: join(dir, 'other.json') });
    expect(await codeOf(named.check())).toBe('CREDENTIALS');
    await named.check({ mayBeMissing: true });
  });

  it('is refused where it is a folder, or has no end', async () => {
    const at = (configFile: string): Promise<void> => loadCredentials({ env: {}, configFile }).check();
    expect(await codeOf(at(tempDir()))).toBe('CREDENTIALS');
    expect(await codeOf(at('/dev/zero'))).toBe('CREDENTIALS');
  });

  it.runIf(process.platform !== 'win32')('is read once from a pipe, and remembered', async () => {
    const pipe = join(tempDir(), 'pipe');
    await runOk('mkfifo', [pipe]);
    const config = JSON.stringify({ auths: { 'r.example': auth('u:p') } });
    const writer = runOk('sh', ['-c', 'printf %s "$2" > "$1"', 'sh', pipe, config]);
    const found = loadCredentials({ env: {}, configFile: pipe });
    await found.check();
    await writer;
    expect(await found.get('r.example')).toEqual(basic('u', 'p'));
    expect(await found.get('r.example', 'app')).toEqual(basic('u', 'p'));
  });
});

describe('credential helpers', () => {
  it('answer, know nothing, or fail', async () => {
    const config = { credHelpers: { r: 'test' } };
    expect(await source(config, helper('echo \'{"Username":"u","Secret":"p"}\'')).get('r')).toEqual(basic('u', 'p'));
    expect(
      await source(config, helper('echo "credentials not found in native keychain"; exit 1')).get('r'),
    ).toBeUndefined();
    expect(await codeOf(source(config, helper('exit 3')).get('r'))).toBe('CREDENTIALS');
    expect(await codeOf(source(config, helper('exec sleep 30')).get('r'))).toBe('CREDENTIALS');
    expect(await codeOf(source(config, helper('exec cat /dev/zero')).get('r'))).toBe('CREDENTIALS');
    expect(await codeOf(source({ credsStore: '../x;id' }).get('r'))).toBe('CREDENTIALS');
  });
});

describe('login and logout', () => {
  it('keep everything else, 0600, and forget every spelling', async () => {
    const dir = tempDir();
    const path = join(dir, 'config.json');
    writeFileSync(
      path,
      JSON.stringify({ HttpHeaders: { a: 'b' }, auths: { 'https://r': auth('old:old'), q: auth('k:k') } }),
    );
    const options = { env: { DOCKER_CONFIG: dir } };
    expect(await saveCredential('r', { kind: 'basic', username: 'u', password: 'p' }, options)).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      HttpHeaders: { a: 'b' },
      auths: { q: auth('k:k'), r: auth('u:p') },
    });
    expect(await loadCredentials(options).get('r')).toEqual(basic('u', 'p'));
    expect(await eraseCredential('r', options)).toBe(true);
    expect(await eraseCredential('r', options)).toBe(false);
    expect(JSON.parse(readFileSync(path, 'utf8')).auths).toEqual({ q: auth('k:k') });
  });
});
