import { fileURLToPath } from 'node:url';
import { cosignTag, parseSimpleSigning, type SignFormatName } from '@signet/core';
import {
  createRegistryClient,
  listReferrers,
  parseManifest,
  parseRegistryReference,
  type Resolved,
  type Store,
} from '@signet/oci';
import { runOk } from '../support/process.ts';
import { pushImage } from './sign-world.ts';

/** How many processes sign one image how often each, all at once, each with a key of its own. */
export interface SignRace {
  readonly host: string;
  readonly format: SignFormatName;
  readonly processes: number;
  readonly signatures: number;
}

/** What came of it. `found`: different signatures that are there afterwards; requests and milliseconds are for one of them. */
export interface SignRaceResult {
  readonly found: number;
  readonly expected: number;
  readonly requestsEach: number;
  readonly wallMsEach: number;
  readonly wallMs: number;
}

const writer = fileURLToPath(new URL('./sign-writer.ts', import.meta.url));

/** Pushes an image, lets the processes loose, and counts. @throws {HarnessError} when a signer fails */
export async function raceSigners({ host, format, processes, signatures }: SignRace): Promise<SignRaceResult> {
  const client = createRegistryClient();
  try {
    const text = `${host}/race/${format}:v1`;
    const store = client.repository(parseRegistryReference(text));
    const image = await pushImage(store, 'v1');
    const started = performance.now();
    const reports = await Promise.all(
      Array.from({ length: processes }, (_, n) => runWriter([text, format, `writer ${n}`, `${signatures}`])),
    );
    const wallMs = performance.now() - started;
    const expected = processes * signatures;
    const sum = (of: (report: Report) => number): number => reports.reduce((total, each) => total + of(each), 0);
    return {
      found: (format === 'cosign' ? await layersUnderTag(store, image) : await referrersOf(store, image)).size,
      expected,
      requestsEach: sum(({ requests }) => requests) / expected,
      wallMsEach: sum((report) => report.wallMs) / expected,
      wallMs,
    };
  } finally {
    await client.close();
  }
}

/** Who signed and which time, of every layer of the `.sig` image whose payload is there. */
async function layersUnderTag(store: Store, { descriptor }: Resolved): Promise<ReadonlySet<string>> {
  const { bytes } = await store.resolve(cosignTag(descriptor.digest));
  const manifest = parseManifest(bytes);
  const layers = manifest.kind === 'manifest' ? manifest.layers : [];
  const names = layers.map(async (layer) => JSON.stringify(parseSimpleSigning(await store.fetch(layer)).annotations));
  return new Set(await Promise.all(names));
}

async function referrersOf(store: Store, { descriptor }: Resolved): Promise<ReadonlySet<string>> {
  return new Set((await listReferrers(store, descriptor)).map(({ digest }) => digest));
}

interface Report {
  readonly requests: number;
  readonly wallMs: number;
}

async function runWriter(args: readonly string[]): Promise<Report> {
  const all = ['-C', '@signet/source', writer, ...args];
  const report: Report = JSON.parse(await runOk(process.execPath, all, { timeoutMs: 900_000 }));
  return report;
}
