import { it } from 'vitest';
import { needPeer, type PeerName, peer } from './peer-paths.ts';

export { needPeer, type PeerName, peer, peersDir } from './peer-paths.ts';
export { type RunOptions, type RunResult, run, runOk } from './process.ts';

/** Under CI a missing peer is a failure; elsewhere its tests count as skipped. */
export const peersRequired: boolean = process.env.CI === 'true';

/** True when every one of `names` is installed, and under CI always: there a missing one must fail, not skip. */
export function havePeers(names: readonly PeerName[]): boolean {
  return peersRequired || names.every((name) => peer(name) !== undefined);
}

/** A test that runs real peer programs: skipped where one is missing, failed under CI. `timeoutMs` defaults to vitest's. */
export function itWithPeers(
  names: readonly PeerName[],
  title: string,
  fn: () => Promise<void> | void,
  timeoutMs?: number,
): void {
  const body = async (): Promise<void> => {
    for (const name of names) needPeer(name);
    await fn();
  };
  it.skipIf(!havePeers(names))(title, body, timeoutMs);
}
