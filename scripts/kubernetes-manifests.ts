import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { needPeer } from '../test/support/peer-paths.ts';
import { root } from './project.ts';

/** The plain manifests: what the chart gives for the values beside them. */
export const manifestsFile: string = join(root, 'deploy/kubernetes/signet.yaml');

const head = `# Rendered from deploy/helm/signet with values.yaml of this folder (npm run manifests); a test keeps both equal. Applied by kustomization.yaml.
`;

/** As they are now. @throws {HarnessError} where helm is not installed (scripts/install-peers.sh --kube) */
export async function renderManifests(): Promise<string> {
  const values = join(root, 'deploy/kubernetes/values.yaml');
  const args = ['template', 'signet', join(root, 'deploy/helm/signet'), '--namespace', 'signet', '--values', values];
  const { stdout } = await promisify(execFile)(needPeer('helm'), args);
  return `${head}${withoutHelm(stdout)}`;
}

/** Helm's own marks say nothing to who applies the manifests without it. */
function withoutHelm(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^(?:# Source: | +helm\.sh\/chart: )/.test(line))
    .map((line) => line.replace(/(app\.kubernetes\.io\/managed-by): Helm$/, '$1: kubectl'))
    .join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(manifestsFile, await renderManifests());
