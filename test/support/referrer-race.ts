import { fileURLToPath } from 'node:url';
import {
  createRegistryClient,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  listReferrers,
  type Store,
} from '@signet/oci';
import { runOk } from './process.ts';

/** How many processes push how many referrers each to one image, all at once. */
export interface Race {
  readonly host: string;
  readonly processes: number;
  readonly referrers: number;
}

/** What came of it. `found`: entries of the list afterwards; requests and milliseconds (of a push, as its process saw it) are for one referrer. */
export interface RaceResult {
  readonly found: number;
  readonly expected: number;
  readonly requestsEach: number;
  readonly wallMsEach: number;
  readonly wallMs: number;
}

const writer = fileURLToPath(new URL('./referrer-writer.ts', import.meta.url));

/** Pushes an image, lets the processes loose, and reads the list. @throws {HarnessError} when a writer fails */
export async function raceReferrers({ host, processes, referrers }: Race): Promise<RaceResult> {
  const client = createRegistryClient();
  try {
    const store = client.repository({ registry: host, repository: 'race' });
    const subject = await pushSubject(store);
    const started = performance.now();
    const writers = await Promise.all(
      Array.from({ length: processes }, (_, n) => runWriter(host, `writer ${n}`, referrers)),
    );
    const wallMs = performance.now() - started;
    const expected = processes * referrers;
    const sum = (of: (report: Report) => number): number => writers.reduce((total, each) => total + of(each), 0);
    return {
      found: (await listReferrers(store, subject.descriptor)).length,
      expected,
      requestsEach: sum(({ requests }) => requests) / expected,
      wallMsEach: sum((report) => report.wallMs) / expected,
      wallMs,
    };
  } finally {
    await client.close();
  }
}

async function pushSubject(store: Store): Promise<ReturnType<typeof encodeManifest>> {
  await store.push(emptyContent, emptyDescriptor);
  const subject = encodeManifest({ kind: 'manifest', artifactType: 'application/x.subject' });
  await store.tag(subject, 'v1');
  return subject;
}

interface Report {
  readonly requests: number;
  readonly wallMs: number;
}

async function runWriter(host: string, name: string, referrers: number): Promise<Report> {
  const args = ['-C', '@signet/source', writer, host, name, `${referrers}`];
  const report: Report = JSON.parse(await runOk(process.execPath, args, { timeoutMs: 600_000 }));
  return report;
}
