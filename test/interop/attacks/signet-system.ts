import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey, ok } from '../../e2e/cli-world.ts';
import { signet } from '../../support/cli.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { lineOf, type Said } from './answer.ts';
import { everybody, type Stage, type Who } from './stage.ts';
import type { Question, System, Trust } from './system.ts';

/** Signet's system with what a publisher does beside it. */
export interface TrustedSystem extends System {
  /** Publishes what others have recorded, as the scheduled job does. */
  publish(repository: string, trust: Trust): Promise<void>;
  /** Records a statement of what the tag is now, without the catalogue's key. */
  stage(repository: string, tag: string, who: Who, trust: Trust): Promise<void>;
  /** The private key that signs catalogues. */
  readonly catalogueKey: string;
  readonly keyOf: (who: Who) => string;
}

const require: Readonly<Record<Trust, unknown>> = {
  release: 'release',
  both: { atLeast: 2, of: ['release', 'second'] },
  scoped: 'release',
  next: 'next',
};

/** `signet verify` with `tag: bound` in the policy: the signature names repository and tag. */
export async function createBound(stage: Stage): Promise<System> {
  const dir = await newDir(stage, 'bound', everybody);
  return {
    name: 'signet, `tag: bound`',
    remembers: false,
    async sign(repository, tag, who) {
      await ok(['sign', '--key', join(dir, `${who}.key`), '--force', `${stage.host}/${repository}:${tag}`]);
    },
    ask: (repository, tag, { trust = 'release' } = {}) =>
      verify(`${stage.host}/${repository}:${tag}`, ['--policy', writePolicy(dir, stage.host, 'bound', trust)]),
  };
}

/** `signet verify` with `tag: trusted`: a signed catalogue says what a tag is. */
export async function createTrusted(stage: Stage): Promise<TrustedSystem> {
  const dir = await newDir(stage, 'trusted', [...everybody, 'publisher']);
  const keyOf = (who: Who): string => join(dir, `${who}.key`);
  const catalogueKey = join(dir, 'publisher.key');
  const begun = new Set<string>();
  const writing = (trust: Trust): readonly string[] => [
    ...['--policy', writePolicy(dir, stage.host, 'trusted', trust), '--state', join(dir, 'writer')],
    ...['--catalogue-key', catalogueKey],
  ];
  return {
    name: 'signet, `tag: trusted`',
    remembers: true,
    keyOf,
    catalogueKey,
    async sign(repository, tag, who, trust = 'release') {
      if (!begun.has(repository)) await ok(['tags', 'init', ...writing(trust), `${stage.host}/${repository}`]);
      begun.add(repository);
      // The first of two signers is told that the second is waited for: exit code 3.
      const { code, stderr } = await signet([
        'sign',
        '--key',
        keyOf(who),
        '--publish',
        ...writing(trust),
        `${stage.host}/${repository}:${tag}`,
      ]);
      if (code !== 0 && !(code === 3 && trust === 'both')) throw new HarnessError(stderr);
    },
    async stage(repository, tag, who, trust) {
      const policy = writePolicy(dir, stage.host, 'trusted', trust);
      await signet([
        'sign',
        '--key',
        keyOf(who),
        '--stage',
        '--policy',
        policy,
        '--force',
        `${stage.host}/${repository}:${tag}`,
      ]);
    },
    async publish(repository, trust) {
      await signet(['tags', 'publish', ...writing(trust), `${stage.host}/${repository}`]);
    },
    ask: (repository, tag, { trust = 'release', memory = 'warm' }: Question = {}) => {
      const policy = writePolicy(dir, stage.host, 'trusted', trust);
      const state = memory === 'cold' ? ['--no-state'] : ['--state', join(dir, 'reader')];
      return verify(`${stage.host}/${repository}:${tag}`, ['--policy', policy, ...state]);
    },
  };
}

async function newDir(stage: Stage, name: string, keys: readonly string[]): Promise<string> {
  const dir = join(stage.dir, name);
  mkdirSync(dir, { recursive: true });
  for (const key of keys) await makeKey(join(dir, key));
  return dir;
}

/** One file for each: the state is kept for the catalogue, whatever the file is called. */
function writePolicy(dir: string, host: string, tag: 'bound' | 'trusted', trust: Trust): string {
  const file = join(dir, `${trust}.json`);
  if (existsSync(file)) return file;
  const catalogue = tag === 'trusted' ? { catalogue: 'all' } : {};
  const rules = [
    { images: [`${host}/**`], require: require[trust], tag, ...catalogue },
    ...(trust === 'scoped'
      ? [{ images: [`${host}/**:dev-*`], require: { any: ['release', 'dev'] }, tag, ...catalogue }]
      : []),
  ];
  const trusted = Object.fromEntries(everybody.map((who) => [who, { keys: [`${who}.pub`] }]));
  const { thief: _, ...own } = trusted;
  const publisher = { publisher: { keys: ['publisher.pub'] } };
  const catalogues = { all: { collections: `${host}/**`, signedBy: 'publisher' } };
  const document =
    tag === 'trusted'
      ? { version: 1, trust: { ...own, ...publisher }, catalogues, rules }
      : { version: 1, trust: own, rules };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

async function verify(reference: string, how: readonly string[]): Promise<Said> {
  const { code, stdout, stderr } = await signet(['verify', '--output', 'json', ...how, reference]);
  const report = JSON.parse(stdout || '{}') as {
    readonly digest?: string;
    readonly code?: string;
    readonly tag?: { readonly staleSource?: boolean };
  };
  const stale = report.tag?.staleSource === true ? ', staleSource' : '';
  if (code === 0 && report.digest !== undefined)
    return { kind: 'takes', digest: report.digest, says: `${report.code}${stale}` };
  return { kind: code === 3 ? 'undecided' : 'refused', says: report.code ?? lineOf(stderr, /^error/) };
}
