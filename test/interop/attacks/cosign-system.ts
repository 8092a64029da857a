import { type CosignKey, cosign, cosignKey, signBundle, withoutServices } from '../cosign-world.ts';
import { lineOf, type Said } from './answer.ts';
import { everybody, type Stage, type Who } from './stage.ts';
import type { System, Trust } from './system.ts';

/** Keys that a trust asks `cosign verify` for, one call each: cosign has no word for two. */
const keysOf: Readonly<Record<Trust, readonly Who[]>> = {
  release: ['release'],
  both: ['release', 'second'],
  scoped: ['release'],
  next: ['next'],
};

/** The real cosign with keys, and no log. */
export async function createCosign(stage: Stage): Promise<System> {
  const keys = new Map<Who, CosignKey>();
  await withoutServices(stage.dir);
  for (const who of everybody) keys.set(who, await cosignKey(stage.dir, 'p256', who));
  const keyOf = (who: Who): CosignKey => keys.get(who) ?? raise(who);
  return {
    name: 'cosign',
    remembers: false,
    async sign(repository, tag, who) {
      const { descriptor } = await stage.store(repository).resolve(tag);
      await signBundle(stage.dir, keyOf(who), `${stage.host}/${repository}@${descriptor.digest}`);
    },
    async ask(repository, tag, { trust = 'release' } = {}) {
      let said: Said | undefined;
      for (const who of keysOf[trust]) {
        said = await verify(`${stage.host}/${repository}:${tag}`, keyOf(who), stage.dir);
        if (said.kind !== 'takes') return said;
      }
      return said ?? raise('release');
    },
  };
}

async function verify(image: string, key: CosignKey, dir: string): Promise<Said> {
  const args = ['verify', '--key', key.publicFile, '--insecure-ignore-tlog', '--trusted-root', 'tr.json', '-o', 'json'];
  const { code, stdout, stderr } = await cosign(dir, [...args, image]);
  if (code !== 0) return { kind: 'refused', says: lineOf(stderr, /^Error/) };
  const [digest] = /sha256:[0-9a-f]{64}/.exec(stdout) ?? raise('release');
  return { kind: 'takes', digest, says: 'verified' };
}

function raise(who: Who): never {
  throw new RangeError(`nothing of ${who}`);
}
