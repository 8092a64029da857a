import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliWorld, createCliWorld, makeKey, signReference } from '../e2e/cli-world.ts';
import { startSignet } from '../support/cli.ts';
import type { StartedProcess } from '../support/process.ts';

/**
 * A registry with `app:1` signed by the trusted key, `multi:1` a signed index, `foreign:1` signed by another key, `plain:1` by nobody, `moved:1`
 * signed and moved since, `bound:2` signed as `bound:1`, `refused:1` signed and refused.
 */
export interface ProxiedWorld extends CliWorld {
  readonly policy: string;
  /** What `moved:1` named when it was signed. */
  readonly movedFrom: string;
}

/** Rules for the world's registry; `more`: rules for others. */
export async function createProxiedWorld(more = ''): Promise<ProxiedWorld> {
  const world = await createCliWorld();
  const other = await makeKey(join(world.dir, 'other'));
  await signReference(await world.push('app:1'), world.key);
  await signReference(await world.pushIndex('multi:1'), world.key);
  await signReference(await world.push('foreign:1'), other.key);
  await world.push('plain:1');
  const moved = await world.push('moved:1', 'before');
  await signReference(moved, world.key);
  const movedFrom = await world.digestOf(moved);
  await world.push('moved:1', 'after');
  await signReference(await world.push('bound:1', 'bound'), world.key);
  await world.push('bound:2', 'bound');
  const refused = await world.push('refused:1');
  await signReference(refused, world.key);
  const policy = join(world.dir, 'policy.yaml');
  const rules = [
    'version: 1',
    'trust:\n  team: { keys: [k.pub] }',
    'rules:',
    `  - images: ["${world.host}/**"]\n    require: { any: [team] }`,
    `  - images: ["${world.host}/bound"]\n    require: { any: [team] }\n    tag: bound`,
    more,
    `refuse:\n  digests: ["${await world.digestOf(refused)}"]`,
    '',
  ];
  writeFileSync(policy, rules.join('\n'));
  return { ...world, policy, movedFrom };
}

/** What must not be pulled, and a word of the reason. */
export const notPulled: readonly (readonly [string, string])[] = [
  ['plain:1', 'NO_SIGNATURE'],
  ['foreign:1', 'NOT_TRUSTED'],
  ['moved:1', 'NO_SIGNATURE'],
  ['bound:2', 'TAG_MISMATCH'],
  ['refused:1', 'REFUSED_DIGEST'],
];

/** `signet proxy serve` as a process, and `HOST:PORT` of it. */
export interface StartedProxy extends StartedProcess {
  readonly at: string;
}

export async function startProxyProcess(
  policy: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedProxy> {
  const started = await startSignet(['proxy', 'serve', '--port', '0', '--policy', policy, ...args], {
    ready: /signet proxy serves https?:\/\/(\S+)/,
    env,
  });
  return { ...started, at: started.match[1] ?? '' };
}
