import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needPeer } from './peer-paths.ts';
import { type RunResult, run, runOk } from './process.ts';
import { tempDir } from './temp.ts';

/** Kinds of keys that the Notary Project knows, by the names of their keys here. */
export const notationKeys: Readonly<Record<NotationKey, readonly string[]>> = {
  'ec-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'ec-384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'ec-521': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  'rsa-2048': ['-newkey', 'rsa:2048'],
  'rsa-3072': ['-newkey', 'rsa:3072'],
  'rsa-4096': ['-newkey', 'rsa:4096'],
};

/** One of them. */
export type NotationKey = 'ec-256' | 'ec-384' | 'ec-521' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096';

/** A user of notation with a configuration folder of his own. */
export interface NotationUser {
  /** What XDG_CONFIG_HOME is; notation's own folder lies in it. */
  readonly configHome: string;
  readonly env: Readonly<Record<string, string>>;
  /** PEM file of the certificate, self-signed, that signs with a key. */
  certificate(key: NotationKey): string;
  run(...args: readonly string[]): Promise<RunResult>;
  /** @throws {HarnessError} where it fails */
  runOk(...args: readonly string[]): Promise<string>;
}

/** Makes one who has these keys, by openssl and notation's `signingkeys.json`. @throws {HarnessError} where a program is missing or refuses */
export async function createNotationUser(keys: readonly NotationKey[]): Promise<NotationUser> {
  const configHome = tempDir('signet-notation-');
  const folder = join(configHome, 'notation');
  mkdirSync(join(folder, 'localkeys'), { recursive: true });
  const file = (key: NotationKey, ending: 'key' | 'crt'): string => join(folder, 'localkeys', `${key}.${ending}`);
  for (const key of keys) {
    const names = ['-subj', `/C=US/ST=WA/L=Seattle/O=Notary/CN=${key}`, '-days', '2'];
    const usage = ['-addext', 'keyUsage=critical,digitalSignature', '-addext', 'basicConstraints=CA:FALSE'];
    const out = ['-nodes', '-keyout', file(key, 'key'), '-out', file(key, 'crt')];
    await runOk('openssl', ['req', '-x509', ...notationKeys[key], ...names, ...usage, ...out]);
  }
  const signing = keys.map((name) => ({ name, keyPath: file(name, 'key'), certPath: file(name, 'crt') }));
  writeFileSync(join(folder, 'signingkeys.json'), JSON.stringify({ keys: signing }));
  const env = { HOME: configHome, XDG_CONFIG_HOME: configHome, DOCKER_CONFIG: configHome };
  return {
    configHome,
    env,
    certificate: (key) => file(key, 'crt'),
    run: (...args) => run(needPeer('notation'), args, { env, cwd: configHome }),
    runOk: (...args) => runOk(needPeer('notation'), args, { env, cwd: configHome }),
  };
}
