import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCraneRegistry } from '../../support/crane-registry.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { needPeer } from '../../support/peer-paths.ts';
import { runOk } from '../../support/process.ts';

/** oras and crane as readers of the layouts that a killed registry leaves. */
export interface PeerInspection {
  /** @throws {HarnessError} when one of them cannot read the layout, or reads other tags than index.json has */
  inspect(layoutDir: string, tags: ReadonlyMap<string, string>): Promise<void>;
  /** How many layouts were looked at. */
  opened(): number;
  stop(): Promise<void>;
}

/** Needs both programs. crane can only push a layout, so it pushes to a registry of its own. */
export async function inspectByPeers(): Promise<PeerInspection> {
  const [oras, crane] = [needPeer('oras'), needPeer('crane')];
  const registry = await startCraneRegistry();
  const folder = mkdtempSync(join(tmpdir(), 'signet-kill-peers-'));
  let opened = 0;
  return {
    async inspect(layoutDir, tags) {
      const listed = (await runOk(oras, ['repo', 'tags', '--oci-layout', layoutDir])).trim().split('\n').sort();
      if (listed.join() !== [...tags.keys()].sort().join()) throw new HarnessError(`oras lists ${listed.join()}`);
      // oras copies what a manifest refers to along with it, and fails where that was deleted.
      const images = [...tags].filter(([, digest]) => !hasSubject(layoutDir, digest));
      for (const [tag, digest] of images.slice(0, 2)) {
        const to = `${join(folder, String(opened))}:${tag}`;
        await runOk(oras, ['cp', '--from-oci-layout', `${layoutDir}:${tag}`, '--to-oci-layout', to]);
        const copied = (await runOk(oras, ['resolve', '--oci-layout', to])).trim();
        if (copied !== digest) throw new HarnessError(`oras copied ${copied} for ${tag}, which is ${digest}`);
      }
      await runOk(crane, ['push', '--insecure', '--index', layoutDir, `${registry.host}/layout:l${opened}`]);
      opened += 1;
    },
    opened: () => opened,
    async stop() {
      await registry.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function hasSubject(layoutDir: string, digest: string): boolean {
  const bytes = readFileSync(join(layoutDir, 'blobs', ...digest.split(':')));
  return (JSON.parse(bytes.toString()) as { readonly subject?: unknown }).subject !== undefined;
}
