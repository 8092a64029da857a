import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../../scripts/project.ts';
import { HarnessError } from '../support/harness-error.ts';
import { needPeer } from '../support/peer-paths.ts';
import { type RunResult, run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

/** The chart. */
export const chart: string = join(root, 'deploy/helm/signet');

/** A Kubernetes object, as far as all have it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they assert
  readonly [field: string]: any;
}

/** Runs the real helm, which keeps what it writes in a folder of its own. */
export function helm(...args: readonly string[]): Promise<RunResult> {
  const home = tempDir();
  const env = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home, KUBECONFIG: join(home, 'none') };
  return run(needPeer('helm'), args, { env });
}

/** What the chart gives for values (a file of its folder `ci`) and settings. @throws {HarnessError} where helm refuses */
export async function render(values: string, ...more: readonly string[]): Promise<readonly KubeObject[]> {
  const done = await helm('template', 'signet', chart, '-n', 'signet', '-f', join(chart, 'ci', values), ...more);
  if (done.code !== 0) throw new HarnessError(done.stderr);
  return objectsOf(done.stdout);
}

/** The objects of a YAML stream. @throws {HarnessError} where it is not well-formed, a key twice among it */
export function objectsOf(text: string): readonly KubeObject[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    if (document.errors.length > 0) throw new HarnessError(String(document.errors[0]));
    const value: KubeObject | null = document.toJS();
    return value === null ? [] : [value];
  });
}

/** The one object of a kind. @throws {HarnessError} where there is none or more */
export function oneOf(objects: readonly KubeObject[], kind: string): KubeObject {
  const found = objects.filter((each) => each.kind === kind);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new HarnessError(`${found.length} objects of kind ${kind}`);
  return only;
}
