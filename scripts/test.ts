import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isRoot, neededPeers, type PeerName, peer, peersDir } from '../test/support/peer-paths.ts';
import { build } from './build.ts';
import { buildIsFresh, root } from './project.ts';
import { runStep } from './step.ts';
import { runSuite } from './suite.ts';

/** `npm test [-- vitest's arguments]`: peers, build, lint, types, all tests, and the closing line. */
async function main(): Promise<void> {
  const failedBefore: string[] = [];
  if (!(await bringPeers())) failedBefore.push('peers');
  if (!buildIsFresh() && !(await build())) failedBefore.push('build');
  process.exitCode = await runSuite({ vitestArgs: process.argv.slice(2), failedBefore });
}

/** Installs missing peer programs where apt is there. False only under CI: elsewhere their tests are skipped. */
async function bringPeers(): Promise<boolean> {
  if (missingPeers().length === 0) return true;
  if (onPath('apt-get') && onPath('dpkg')) {
    console.log(`bringing the peer programs into ${peersDir} (once)`);
    await runStep({
      command: 'bash',
      args: [join(root, 'scripts/install-peers.sh'), '--browser', '--kube', ...(isRoot ? ['--engines'] : [])],
    });
  }
  const missing = missingPeers();
  if (missing.length === 0) return true;
  console.log(`not installed: ${missing.join(', ')}; tests that need them are skipped (under CI they fail)`);
  return process.env.CI !== 'true';
}

function missingPeers(): readonly PeerName[] {
  return neededPeers.filter((name) => peer(name) === undefined);
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}

await main();
