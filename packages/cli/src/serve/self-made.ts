import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSelfSigned, type SelfSigned } from '@signet/admission';
import { makeFolders } from '@signet/oci';
import { CliError } from '../errors.ts';
import { isThere, unwritable, writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { readCaFile, readCertificatePair } from '../tls-files.ts';

/** What `--self-signed` and `--self-signed-dir` produce. */
export interface SelfMadeFlags {
  readonly selfSigned?: readonly string[];
  readonly selfSignedDir?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const soonMs = 7 * 86_400_000;

/**
 * The certificate that the server makes itself, or made before, where it is told to; says loudly what it is not good for.
 * @throws {CliError} USAGE; FILE_UNREADABLE, FILE_UNWRITABLE, FILE_EXISTS
 */
export async function openSelfMade(flags: SelfMadeFlags, io: Io): Promise<SelfSigned | undefined> {
  const { selfSigned: names, selfSignedDir: dir, tlsCert, tlsKey } = flags;
  if (names === undefined) {
    if (dir === undefined) return undefined;
    throw new CliError('USAGE', '--self-signed-dir is for --self-signed NAME, which is missing');
  }
  if (tlsCert !== undefined || tlsKey !== undefined)
    throw new CliError('USAGE', '--self-signed and --tls-cert were given: one of them is wanted');
  for (const name of names) checkName(name);
  const made = dir === undefined ? await createSelfSigned({ names, atMs: Date.now() }) : await keptIn(dir, names);
  const until = new X509Certificate(made.cert).validToDate;
  const isSoon = until.getTime() - Date.now() < soonMs;
  io.stderr.write(
    `WARNING: --self-signed is for trials: this certificate is not renewed and ends on ${until.toISOString()}${isSoon ? ', which is SOON' : ''}; webhooks refuse everything from then on\n`,
  );
  if (dir === undefined)
    io.stderr.write(
      'WARNING: it is kept in memory alone: the next start, and each other replica, has another caBundle (--self-signed-dir keeps it)\n',
    );
  return made;
}

function checkName(name: string): void {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  const isName = name.length <= 253 && new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`, 'i').test(name);
  if (isIP(name) !== 0 || (isName && !/^[\d.]+$/.test(name))) return;
  throw new CliError(
    'USAGE',
    `--self-signed ${JSON.stringify(name.slice(0, 100))}: a DNS name or an IP address is wanted`,
  );
}

/** The one that lies there, or a new one; nothing that is there is ever written over. */
async function keptIn(dir: string, names: readonly string[]): Promise<SelfSigned> {
  const files = { ca: join(dir, 'ca.crt'), cert: join(dir, 'tls.crt'), key: join(dir, 'tls.key') };
  const there = await Promise.all(Object.values(files).map(isThere));
  if (there.every(Boolean)) return await readKept(dir, files, names);
  if (there.some(Boolean)) throw notGood(dir, 'some of ca.crt, tls.crt and tls.key are there, others are not');
  const made = await createSelfSigned({ names, atMs: Date.now() });
  await writeKept(dir, files, made);
  return made;
}

/** The first file decides where two start at the same time: one of them makes it. */
async function writeKept(
  dir: string,
  files: Readonly<Record<keyof SelfSigned, string>>,
  made: SelfSigned,
): Promise<void> {
  try {
    await makeFolders(dir);
    for (const name of ['ca', 'cert', 'key'] as const)
      await writeOutputFile(files[name], Buffer.from(made[name]), { mode: 0o600 });
  } catch (error) {
    if (error instanceof CliError && error.code === 'FILE_EXISTS')
      throw notGood(dir, 'another server made one at the same time; start again');
    throw unwritable(dir, error);
  }
}

async function readKept(
  dir: string,
  files: Readonly<Record<keyof SelfSigned, string>>,
  names: readonly string[],
): Promise<SelfSigned> {
  if (((await stat(files.key)).mode & 0o077) !== 0)
    throw notGood(dir, 'others than its owner may read tls.key (chmod 600)');
  const pair = await readCertificatePair(files.cert, files.key);
  const ca = await readCaFile(files.ca);
  const [certificate, authority] = [new X509Certificate(pair.cert), new X509Certificate(ca)];
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    throw notGood(dir, 'ca.crt did not issue tls.crt');
  if (certificate.validToDate.getTime() <= Date.now()) throw notGood(dir, 'the certificate has ended');
  const missing = names.find((name) => !isFor(certificate, name));
  if (missing !== undefined) throw notGood(dir, `the certificate is not for ${missing}`);
  return { ...pair, ca };
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

function notGood(dir: string, why: string): CliError {
  return new CliError('USAGE', `the certificate in ${dir} is not used: ${why}`, {
    hint: 'remove its three files for a new one, and give the new caBundle to whoever connects',
  });
}
