import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of manifests as they are met in the field; beside each a table of what it names. */
export const corpusDir: string = fileURLToPath(new URL('corpus', import.meta.url));

/** An image that a table lists. */
export interface CorpusImage {
  readonly line: number;
  readonly column: number;
  /** In the one spelling. */
  readonly image: string;
  /** Empty where nothing there has a name. */
  readonly container: string;
}

/** A problem that a table lists: one that hides an image, or a remark. */
export interface CorpusProblem {
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly severity: 'unread' | 'note';
}

/** A manifest, and what its table says: each in the order of the places. */
export interface CorpusFile {
  /** From the corpus' folder, with slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly images: readonly CorpusImage[];
  readonly problems: readonly CorpusProblem[];
}

/** What the corpus' custom resources are read with. */
export const corpusPaths: Readonly<Record<string, readonly string[]>> = {
  'example.com/v1/App': ['$.spec.image', '$.spec.tools'],
  'flink.apache.org/v1beta1/FlinkDeployment': ['$.spec.image', '$.spec.podTemplate.spec'],
  'sparkoperator.k8s.io/*/SparkApplication': ['$.spec.image', '$.spec.driver.image', '$.spec.executor.image'],
  'kafka.strimzi.io/*/Kafka': ['$..image'],
  'elasticsearch.k8s.elastic.co/v1/Elasticsearch': ['$.spec.image', '$.spec.nodeSets[*].podTemplate.spec'],
};

/** What its Dockerfiles are read with. */
export const corpusArgs: Readonly<Record<string, string>> = { FLAVOUR: 'ubuntu' };

/** All manifests, in the order of their names. */
export function readCorpus(): readonly CorpusFile[] {
  const tables = globSync('**/*.images', { cwd: corpusDir }).sort();
  return tables.map((table) => {
    const name = table.replaceAll('\\', '/').replace(/\.images$/, '');
    const rows = readFileSync(join(corpusDir, table), 'utf8').split('\n');
    return {
      name,
      bytes: readFileSync(join(corpusDir, name)),
      images: rows.flatMap(imageOf),
      problems: rows.flatMap(problemOf),
    };
  });
}

function imageOf(row: string): readonly CorpusImage[] {
  const [, line, column, image = '', container = ''] = /^(\d+):(\d+)\t([^\t]+)(?:\t(.+))?$/.exec(row) ?? [];
  return image === '' ? [] : [{ line: Number(line), column: Number(column), image, container }];
}

function problemOf(row: string): readonly CorpusProblem[] {
  const [, sign, line, column, code = ''] = /^([!~]) (\d+):(\d+)\t(\w+)$/.exec(row) ?? [];
  if (code === '') return [];
  return [{ line: Number(line), column: Number(column), code, severity: sign === '!' ? 'unread' : 'note' }];
}
