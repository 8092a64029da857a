import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNotationUser, type NotationKey } from '../../support/notation.ts';
import { lineOf } from './answer.ts';
import type { Stage, Who } from './stage.ts';
import type { System, Trust } from './system.ts';

const keyOf: Readonly<Record<Who, NotationKey>> = {
  release: 'ec-256',
  second: 'ec-384',
  dev: 'ec-521',
  next: 'rsa-2048',
  thief: 'rsa-3072',
};
/** Whose certificates lie in the trust store: any one of them suffices, for every tag of a repository. */
const trusted: Readonly<Record<Trust, readonly Who[]>> = {
  release: ['release'],
  both: ['release', 'second'],
  scoped: ['release', 'dev'],
  next: ['next'],
};

/** The real notation, strict. */
export async function createNotation(stage: Stage): Promise<System> {
  const user = await createNotationUser(Object.values(keyOf));
  const folder = join(user.configHome, 'notation');
  const store = join(folder, 'truststore/x509/ca/owner');
  const signatureVerification = { level: 'strict', override: { revocation: 'skip' } };
  const statement = { name: 'all', registryScopes: ['*'], signatureVerification };
  const trustPolicies = [{ ...statement, trustStores: ['ca:owner'], trustedIdentities: ['*'] }];
  writeFileSync(join(folder, 'trustpolicy.json'), JSON.stringify({ version: '1.0', trustPolicies }));
  return {
    name: 'notation',
    remembers: false,
    async sign(repository, tag, who) {
      const { descriptor } = await stage.store(repository).resolve(tag);
      const image = `${stage.host}/${repository}@${descriptor.digest}`;
      await user.runOk('sign', '--insecure-registry', '--key', keyOf[who], image);
    },
    async ask(repository, tag, { trust = 'release' } = {}) {
      rmSync(store, { recursive: true, force: true });
      mkdirSync(store, { recursive: true });
      for (const who of trusted[trust]) copyFileSync(user.certificate(keyOf[who]), join(store, `${who}.crt`));
      const { code, stdout, stderr } = await user.run(
        'verify',
        '--insecure-registry',
        `${stage.host}/${repository}:${tag}`,
      );
      if (code !== 0) return { kind: 'refused', says: lineOf(stderr, /^Error/) };
      const [digest] = /sha256:[0-9a-f]{64}/.exec(stdout) ?? [''];
      return { kind: 'takes', digest, says: 'verified' };
    },
  };
}
