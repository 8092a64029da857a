import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createRegistryClient,
  type Descriptor,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  type RegistryClient,
} from '@signet/oci';
import { expect } from 'vitest';
import type { MadeCertificate } from '../support/certificates.ts';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { attachNotaryEnvelope, signNotaryJws } from '../support/notary-signature.ts';
import type { NotationUser } from '../support/notation.ts';

/** A level with what differs from it, as trustpolicy.json has it. */
export type Verification = Readonly<Record<string, unknown>>;

/** How one image is signed. */
export interface SignedCase {
  readonly chain: readonly MadeCertificate[];
  readonly target?: Partial<Descriptor>;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly critical?: readonly string[];
  /** What is done to the envelope afterwards. */
  readonly change?: (envelope: Uint8Array) => Uint8Array;
}

/** Every level with every case, for real notation and for Signet with the same files. */
export interface Comparison {
  readonly registry: TestRegistry;
  readonly user: NotationUser;
  readonly levels: Readonly<Record<string, Verification>>;
  readonly cases: Readonly<Record<string, SignedCase>>;
  readonly trust: { readonly trustStores: readonly string[]; readonly trustedIdentities: readonly string[] };
  /** More for both commands, such as the settings of plugins. */
  readonly more?: readonly string[];
}

/** What each says of each, in the same order: `LEVEL, CASE: admitted` or `refused`. */
export interface Compared {
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Signet's reports, by the same words as far as the colon. */
  readonly reports: ReadonlyMap<string, ComparedReport>;
}

/** What of a report matters here. */
export interface ComparedReport {
  readonly reference: string;
  readonly allowed: boolean;
  readonly verdict: string;
}

/** Writes the policy, signs and pushes an image for each level and case, and asks both. */
export async function compareWithNotation(comparison: Comparison): Promise<Compared> {
  const { registry, user, levels, cases, more = [] } = comparison;
  const names = Object.keys(cases);
  const repositoryOf = (level: string, name: string): string => `${level}/c${names.indexOf(name)}`;
  writePolicy(comparison, repositoryOf);
  const all = Object.keys(levels).flatMap((level) => names.map((name) => ({ level, name })));
  const client = createRegistryClient();
  try {
    await fewAtATime(all, ({ level, name }) =>
      pushSigned(client, { host: registry.host, repository: repositoryOf(level, name) }, cases[name]),
    );
  } finally {
    await client.close();
  }
  const images = all.map(({ level, name }) => `${registry.host}/${repositoryOf(level, name)}:1`);
  const { stdout, stderr } = await signet(['verify', '--policy', 'notation', '-o', 'json', ...more, ...images], {
    env: user.env,
  });
  expect(stderr).toBe('');
  const reports = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line): ComparedReport => JSON.parse(line))
      .map((report) => [report.reference, report]),
  );
  const compared = { ours: [] as string[], theirs: [] as string[], reports: new Map<string, ComparedReport>() };
  // Some wait for responders that never answer.
  const codes = await fewAtATime(images, async (image) => {
    const { code } = await user.run('verify', '--insecure-registry', ...more, image);
    return code;
  });
  for (const [at, { level, name }] of all.entries()) {
    const image = images[at] ?? '';
    const code = codes[at];
    const report = reports.get(image) ?? expect.fail(`no report of ${image}`);
    compared.theirs.push(`${level}, ${name}: ${say(code === 0)}`);
    compared.ours.push(`${level}, ${name}: ${say(report.allowed)}`);
    compared.reports.set(`${level}, ${name}`, report);
  }
  return compared;
}

/** The results, in the order of what they are of. */
async function fewAtATime<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const left = all.entries();
  const worker = async (): Promise<void> => {
    for (const [at, one] of left) results[at] = await work(one);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return results;
}

function say(isAdmitted: boolean): string {
  return isAdmitted ? 'admitted' : 'refused';
}

/** A statement for each level, with the repositories that it is for. */
function writePolicy(
  { user, registry, levels, cases, trust }: Comparison,
  repositoryOf: (level: string, name: string) => string,
): void {
  const trustPolicies = Object.entries(levels).map(([level, signatureVerification]) => ({
    name: level,
    registryScopes: Object.keys(cases).map((name) => `${registry.host}/${repositoryOf(level, name)}`),
    signatureVerification,
    ...(level === 'skip' ? {} : trust),
  }));
  const text = JSON.stringify({ version: '1.0', trustPolicies });
  writeFileSync(join(user.configHome, 'notation/trustpolicy.json'), text);
}

async function pushSigned(
  client: RegistryClient,
  { host, repository }: { readonly host: string; readonly repository: string },
  { chain, target, change, ...rest }: SignedCase = { chain: [] },
): Promise<void> {
  const store = client.repository({ registry: host, repository });
  await store.push(emptyContent, emptyDescriptor);
  const image = encodeManifest({ kind: 'manifest', artifactType: 'application/x.a', annotations: { repository } });
  await store.tag(image, '1');
  const key = chain[0]?.privateKey ?? expect.fail(repository);
  const request = { target: { ...image.descriptor, ...target }, chain: chain.map(({ der }) => der), key, ...rest };
  const envelope = signNotaryJws(request);
  await attachNotaryEnvelope(store, image.descriptor, change?.(envelope) ?? envelope);
}
