import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { existingPassword, newPassword } from '../../packages/cli/src/password.ts';
import { takeSecrets } from '../../packages/cli/src/secrets.ts';
import { tempDir } from '../support/temp.ts';
import { createWorld } from './world.ts';

function passwordFile(content: string): string {
  const path = join(tempDir(), 'password');
  writeFileSync(path, content);
  return path;
}

describe('takeSecrets', () => {
  it('takes the passwords out of the environment', () => {
    const env = { SIGNET_PASSWORD: 'a', COSIGN_PASSWORD: 'b', HOME: '/home' };
    expect(takeSecrets(env)).toEqual({ keyPassword: 'a' });
    expect(env).toEqual({ HOME: '/home' });
  });

  it('counts an empty one, and looks at COSIGN_PASSWORD second', () => {
    expect(takeSecrets({ SIGNET_PASSWORD: '', COSIGN_PASSWORD: 'b' })).toEqual({ keyPassword: '' });
    expect(takeSecrets({ COSIGN_PASSWORD: 'b' })).toEqual({ keyPassword: 'b' });
    expect(takeSecrets({})).toEqual({});
  });
});

describe('existingPassword', () => {
  it('prefers the file, whose line end is no part of it', async () => {
    const world = createWorld({ keyPassword: 'env' });
    expect(await existingPassword({ file: passwordFile('from file\r\n') }, world, 'a.key')()).toBe('from file');
    expect(await existingPassword({}, world, 'a.key')()).toBe('env');
  });

  it('asks a person, without echo', async () => {
    const world = createWorld({ tty: true, keys: ['se', 'x\u007fcret', '\r'] });
    expect(await existingPassword({}, world, 'a.key')()).toBe('secret');
    expect(world.err()).toBe('Password of a.key: \n');
    expect(world.rawModes).toEqual([true, false]);
  });

  it('says what is missing where nobody can be asked', async () => {
    await expect(existingPassword({}, createWorld({ input: 'secret\n' }), 'a.key')()).rejects.toMatchObject({
      code: 'PASSWORD_NEEDED',
    });
  });

  it('ends on Ctrl-C', async () => {
    const world = createWorld({ tty: true, keys: ['abc\u0003'] });
    await expect(existingPassword({}, world, 'a.key')()).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(world.rawModes).toEqual([true, false]);
  });
});

describe('newPassword', () => {
  it('asks twice, and takes no password that was mistyped', async () => {
    expect(await newPassword({}, createWorld({ tty: true, keys: ['one\r', 'one\r'] }))).toBe('one');
    await expect(newPassword({}, createWorld({ tty: true, keys: ['one\r', 'two\r'] }))).rejects.toMatchObject({
      code: 'PASSWORD_NEEDED',
    });
  });

  it('takes an empty one from the environment', async () => {
    expect(await newPassword({}, createWorld({ keyPassword: '' }))).toBe('');
    await expect(newPassword({}, createWorld())).rejects.toMatchObject({ code: 'PASSWORD_NEEDED' });
  });
});
