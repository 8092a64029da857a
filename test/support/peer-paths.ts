import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HarnessError } from './harness-error.ts';

/** Programs that `scripts/install-peers.sh --browser --kube` brings, and with `--engines` those of {@link engineNames}. `cosign` is version 3, `cosign2` version 2. */
export const peerNames = [
  'cosign',
  'cosign2',
  'notation',
  'oras',
  'crane',
  'docker-registry',
  'skopeo',
  'chromium',
  'helm',
  'kubectl',
  'valkey-server',
] as const;

/** Container engines, which only root can run, and the Notary v1 server and client that belong to Docker. */
export const engineNames = [
  'containerd',
  'ctr',
  'containerd-shim-runc-v2',
  'runc',
  'dockerd',
  'docker',
  'notary',
  'notary-server',
] as const;

export type PeerName = (typeof peerNames)[number] | (typeof engineNames)[number];

/** Whether this process may run container engines. */
export const isRoot: boolean = process.getuid?.() === 0;

/** The programs that the tests of this user need. */
export const neededPeers: readonly PeerName[] = [...peerNames, ...(isRoot ? engineNames : [])];

/** Where the peer programs are kept: the same default as scripts/install-peers.sh. */
export const peersDir: string =
  process.env.SIGNET_PEERS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'signet-peers');

/** The path of a peer program, or `undefined` where it is not installed. */
export function peer(name: PeerName): string | undefined {
  const path = join(peersDir, 'bin', name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined; // not there or not executable: the same to a caller
  }
}

/** The path of a peer program that must be there. @throws {HarnessError} naming the script that installs it. */
export function needPeer(name: PeerName): string {
  const path = peer(name);
  if (path === undefined)
    throw new HarnessError(
      `${name} is not in ${peersDir}/bin: run scripts/install-peers.sh --browser --kube --engines`,
    );
  return path;
}
