// Not in npm run check: a process for each helper.

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  type Credential,
  eraseCredential,
  type LoadCredentialsOptions,
  loadCredentials,
  saveCredential,
} from '@signet/oci';
import { expect, it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import { codeOf } from '../code-of.ts';

interface Helper {
  readonly dir: string;
  readonly options: LoadCredentialsOptions;
}

/** A docker-credential-test that is this shell script, configured for registry `r`. `$DIR` is a folder for its notes. */
function helper(
  script: string,
  { helperTimeoutMs = 20_000, config = { credHelpers: { r: 'test' } } as object } = {},
): Helper {
  const dir = tempDir();
  writeFileSync(join(dir, 'docker-credential-test'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, 'docker-credential-test'), 0o755);
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  return {
    dir,
    options: { env: { DOCKER_CONFIG: dir, PATH: `${dir}:${process.env.PATH}`, DIR: dir }, helperTimeoutMs },
  };
}

const get = ({ options }: Helper): Promise<Credential | undefined> => loadCredentials(options).get('r');

it('is asked with the server on standard input, without a shell and with our environment', async () => {
  const made = helper(
    `cat > "$DIR/asked"; echo "$1" > "$DIR/command"; echo '{"ServerURL":"r","Username":"u","Secret":"p"}'`,
  );
  expect(await get(made)).toEqual({ kind: 'basic', username: 'u', password: 'p' });
  expect(readFileSync(join(made.dir, 'asked'), 'utf8')).toBe('r');
  expect(readFileSync(join(made.dir, 'command'), 'utf8')).toBe('get\n');
});

it('may answer with an identity token, or with nothing', async () => {
  const token = helper(`echo '{"Username":"<token>","Secret":"t"}'`);
  expect(await get(token)).toMatchObject({ kind: 'refresh', token: 't' });
  expect(await get(helper(`echo '{"Username":"","Secret":""}'`))).toBeUndefined();
  expect(await get(helper('echo "credentials not found in native keychain"; exit 1'))).toBeUndefined();
});

it('need not read what it is told', async () => {
  expect(await get(helper(`exec 0<&-; echo '{"Username":"u","Secret":"p"}'`))).toMatchObject({ kind: 'basic' });
});

it.each([
  ['no JSON', 'echo secret-thing'],
  ['half of it', `printf '{"Username":"u","Secret":"secret-thing'`],
  ['other members', `echo '{"user":"u","password":"secret-thing"}'`],
  ['a number', `echo '{"Username":"u","Secret":1234}'`],
  ['a list', `echo '["secret-thing"]'`],
  ['nothing', 'exit 0'],
  ['no UTF-8', `printf '{"Username":"u","Secret":"\\377"}'`],
  ['a failure with a secret in it', 'echo secret-thing; echo secret-thing >&2; exit 1'],
])('that answers with %s fails, and the error does not quote it', async (_, script) => {
  const error = await get(helper(script)).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'CREDENTIALS' });
  expect(inspect(error, { depth: 9 })).not.toContain('secret-thing');
});

it('that never answers, never ends or writes without end is stopped', async () => {
  const began = performance.now();
  expect(await codeOf(get(helper('exec sleep 600', { helperTimeoutMs: 300 })))).toBe('CREDENTIALS');
  // The script's own child keeps the pipe open.
  expect(await codeOf(get(helper('sleep 5 & wait', { helperTimeoutMs: 300 })))).toBe('CREDENTIALS');
  expect(await codeOf(get(helper('exec cat /dev/zero')))).toBe('CREDENTIALS');
  expect(performance.now() - began).toBeLessThan(20_000);
});

it('that is not there, or is no program, is an error and no silence', async () => {
  const absent = helper('', { config: { credsStore: 'absent-helper' } });
  expect(await codeOf(get(absent))).toBe('CREDENTIALS');
  for (const name of ['../test', 'a b', 'test;id', '', 'x'.repeat(65), '$(id)']) {
    const odd = helper('', { config: { credHelpers: { r: name } } });
    expect(await codeOf(get(odd))).toBe(name === '' ? 'resolved' : 'CREDENTIALS');
  }
});

it('of the registry goes before the common one, and both before the file', async () => {
  const config = { credHelpers: { q: 'other' }, credsStore: 'test', auths: { r: { auth: 'ZmlsZTpmaWxl' } } };
  expect(await get(helper(`echo '{"Username":"store","Secret":"p"}'`, { config }))).toMatchObject({
    username: 'store',
  });
  const notFound = helper('echo "credentials not found in native keychain"; exit 1', { config });
  expect(await get(notFound)).toMatchObject({ username: 'file' });
});

it('keeps a login and forgets it: no secret in the file', async () => {
  const made = helper(`case "$1" in store|erase) cat > "$DIR/$1";; esac`);
  const where = await saveCredential('r', { kind: 'basic', username: 'u', password: 'p"q' }, made.options);
  expect(where).toBe('docker-credential-test');
  const stored = JSON.parse(readFileSync(join(made.dir, 'store'), 'utf8'));
  expect(stored).toEqual({ ServerURL: 'r', Username: 'u', Secret: 'p"q' });
  const { auths } = JSON.parse(readFileSync(join(made.dir, 'config.json'), 'utf8'));
  expect(auths).toEqual({ r: {} });
  expect(await eraseCredential('r', made.options)).toBe(true);
  expect(readFileSync(join(made.dir, 'erase'), 'utf8')).toBe('r');
  const refusing = helper('exit 1');
  const save = saveCredential('r', { kind: 'basic', username: 'u', password: 'p' }, refusing.options);
  expect(await codeOf(save)).toBe('CREDENTIALS');
  expect(existsSync(join(refusing.dir, 'config.json'))).toBe(true);
});
