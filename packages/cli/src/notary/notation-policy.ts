import { lstat, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CertificateError, checkAnchor, readCertificateFile } from '@signet/core/x509';
import { type BlobStatement, convertBlobPolicy, convertPolicy, type Loss } from '@signet/policy-import';
import { escapeForTerminal, type Place } from '@signet/verifier';
import { CliError } from '../errors.ts';
import { isThere, readInputFile, systemReason } from '../files.ts';
import type { Io } from '../io.ts';
import { notationFolder } from './config-folder.ts';

/** A policy of notation's, as Signet reads it. */
export interface NotationPolicy {
  /** Of the file that it was read from. */
  readonly path: string;
  /** Signet's policy that says the same. */
  readonly text: string;
  /** Where in the file itself what stands in a line of `text` came from: reports and errors name that. */
  readonly origins: ReadonlyMap<number, Place>;
  /** Certificates that were looked at, by the paths that it names: what was found in order is what is loaded, and is read once. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A policy is far smaller; so is a store. */
const maxPolicyBytes = 1024 * 1024;
const maxCertificateBytes = 16 * 1024 * 1024;
const maxFiles = 1000;

/**
 * notation's policy for images with its trust stores, unchanged: `notation` means that of its own configuration folder. What Signet cannot say is
 * told on standard error; statements whose stores cannot be read are satisfied by nothing, as in notation. Rule: wire-formats 9
 * @throws {PolicyError} POLICY_INVALID for what notation refuses; {CliError} FILE_UNREADABLE, USAGE
 */
export async function readNotationPolicy(
  name: string,
  { trustStore, io }: { readonly trustStore?: string; readonly io: Io },
): Promise<NotationPolicy> {
  const { input, options, files } = await readPolicyFile(name, imagePolicies, { io, trustStore });
  const { policy, losses, origins } = convertPolicy('notation', [input], options);
  tellLosses(losses, io);
  return { path: input.file, text: policy, origins, files };
}

/** One for files: chosen among its statements by name, or the global one. */
export interface NotationBlobPolicy extends NotationPolicy {
  readonly statements: readonly BlobStatement[];
}

/** The same for files: `trustpolicy.blob.json`. @throws as {@link readNotationPolicy} */
export async function readNotationBlobPolicy(
  name: string,
  { trustStore, io }: { readonly trustStore?: string; readonly io: Io },
): Promise<NotationBlobPolicy> {
  const { input, options, files } = await readPolicyFile(name, blobPolicies, { io, trustStore });
  const { policy, losses, origins, statements } = convertBlobPolicy(input, options);
  tellLosses(losses, io);
  return { path: input.file, text: policy, origins, files, statements };
}

/** Where notation has its policies of a kind, and what to do where there is none. */
interface OwnPolicies {
  readonly names: readonly string[];
  readonly what: string;
  readonly hint: string;
}

/** The newer name comes first. Rule: wire-formats 9.1 */
const imagePolicies: OwnPolicies = {
  names: ['trustpolicy.oci.json', 'trustpolicy.json'],
  what: 'images',
  hint: 'notation policy import FILE makes one',
};
const blobPolicies: OwnPolicies = {
  names: ['trustpolicy.blob.json'],
  what: 'files',
  hint: 'notation blob policy import FILE makes one',
};

async function readPolicyFile(
  name: string,
  own: OwnPolicies,
  { io, trustStore }: { readonly io: Io; readonly trustStore: string | undefined },
) {
  const file = name === 'notation' ? await ownPolicy(notationFolder(io.env), own) : name;
  const text = Buffer.from(await readInputFile(file, maxPolicyBytes)).toString('utf8');
  // Whole: paths in a policy are taken from its folder.
  const folder = resolve(trustStore ?? join(dirname(file), 'truststore'));
  const files = new Map<string, Uint8Array>();
  const brokenStores = await brokenStoresOf(text, { folder, files });
  return { input: { file, text }, options: { trustStore: folder, brokenStores }, files };
}

function tellLosses(losses: readonly Loss[], io: Io): void {
  for (const { place, construct, why, effect } of losses)
    if (effect !== 'unchanged')
      io.stderr.write(`note: ${escapeForTerminal(`${place.file}:${place.line}: ${construct}: ${why} (${effect})`)}\n`);
}

async function ownPolicy(folder: string, { names, what, hint }: OwnPolicies): Promise<string> {
  for (const name of names) {
    const path = join(folder, name);
    if (await isThere(path)) return path;
  }
  throw new CliError('FILE_UNREADABLE', `notation has no policy for ${what} in ${folder}`, { hint });
}

/** The stores that the policy names and that cannot be read, with the reason. */
async function brokenStoresOf(text: string, stores: Stores): Promise<ReadonlyMap<string, string>> {
  const names = new Set(
    text.match(/"(?:ca|signingAuthority|tsa):[a-zA-Z0-9_.-]+"/g)?.map((quoted) => quoted.slice(1, -1)),
  );
  const broken = new Map<string, string>();
  for (const name of names) {
    const why = await whyBroken(name, stores);
    if (why !== undefined) broken.set(name, why);
  }
  return broken;
}

/** Where stores lie, and what of them was read. */
interface Stores {
  readonly folder: string;
  readonly files: Map<string, Uint8Array>;
}

/** Regular files with certificates that have a place there, and nothing else. Rule: wire-formats 9.1 */
async function whyBroken(name: string, { folder, files: read }: Stores): Promise<string | undefined> {
  const [kind = '', store = ''] = name.split(':');
  const path = join(folder, 'x509', kind, store);
  try {
    if (!(await lstat(path)).isDirectory()) return `${path} is no folder`;
    const files = await readdir(path, { withFileTypes: true });
    if (files.length === 0 || files.length > maxFiles)
      return `${path} holds ${files.length === 0 ? 'nothing' : 'too much'}`;
    for (const file of files) {
      const why = file.isFile()
        ? await whyNoAnchors(join(path, file.name), { kind, read })
        : `${join(path, file.name)} is no regular file`;
      if (why !== undefined) return why;
    }
    return undefined;
  } catch (error) {
    return `${path}: ${systemReason(error)}`;
  }
}

async function whyNoAnchors(
  path: string,
  { kind, read }: { readonly kind: string; readonly read: Stores['files'] },
): Promise<string | undefined> {
  try {
    const bytes = await readInputFile(path, maxCertificateBytes);
    const certificates = readCertificateFile(bytes);
    read.set(path, bytes);
    const store = kind === 'tsa' ? 'tsa' : 'ca';
    return certificates.map((certificate) => checkAnchor(certificate, store)).find((why) => why !== undefined);
  } catch (error) {
    if (error instanceof CertificateError || error instanceof CliError) return `${path}: ${error.message}`;
    throw error;
  }
}
