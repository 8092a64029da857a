// Not in npm run check: it runs the program as a server.
import { copyFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { makeKey } from '../e2e/cli-world.ts';
import { startSignet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';

/** A new version of a volume's files, as the kubelet projects a ConfigMap: files are links into a folder that a link names, which it replaces. */
function project(volume: string, version: string, files: readonly (readonly [string, string])[]): void {
  mkdirSync(join(volume, version));
  for (const [name, from] of files) copyFileSync(from, join(volume, version, name));
  symlinkSync(version, join(volume, '..data_tmp'));
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
}

it('a policy in a ConfigMap volume is taken into use when the kubelet replaces it', async () => {
  const [dir, volume] = [tempDir(), tempDir()];
  const { pub } = await makeKey(join(dir, 'k'));
  const policies = ['one', 'two'].map((name) => {
    const path = join(dir, `${name}.yaml`);
    const rule = `{ name: ${name}, images: ["r.example/**"], require: release }`;
    writeFileSync(path, `version: 1\ntrust: { release: { keys: [k.pub] } }\nrules:\n  - ${rule}\n`);
    return path;
  });
  const files = (policy = ''): readonly (readonly [string, string])[] => [
    ['policy.yaml', policy],
    ['k.pub', pub],
  ];
  project(volume, '..1', files(policies[0]));
  for (const name of ['policy.yaml', 'k.pub']) symlinkSync(join('..data', name), join(volume, name));
  const args = ['serve', '--port', '0', '--policy', join(volume, 'policy.yaml'), '--reload', '100ms'];
  const server = await startSignet(args, { ready: /signet serves/ });
  project(volume, '..2', files(policies[1]));
  await vi.waitFor(() => expect(server.output()).toContain('policy changed'), { timeout: 20_000 });
  await server.stop('SIGTERM');
});
