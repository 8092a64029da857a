import { randomBytes } from 'node:crypto';
import type { NotarySigning } from '@signet/core';
import { nonceText, readTimestampResponse, timestampRequest, verifyTimestamp } from '@signet/core/timestamp';
import { type Certificate, CertificateError, checkAnchor, readCertificateFile } from '@signet/core/x509';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { callWitnesses } from '../verify/witnesses.ts';
import { postQuery, timestampFailed } from './post-query.ts';

/** Of `signet sign --format notary`. */
export interface TimestampFlags {
  /** Address of the authority. */
  readonly tsa?: string;
  /** File of its root. */
  readonly tsaRoot?: string;
}

/** A root is far shorter. */
const maxBytes = 1024 * 1024;
/** As notation's: no two requests have the same. Rule: wire-formats 8.6 */
const nonceBytes = 20;

/**
 * Lets an authority confirm when a signature was there; undefined where none is named. What it gives is verified completely before it is stored:
 * that it is about this signature, its chain to the root, and that none of its certificates was revoked. Rule: wire-formats 8.6
 * @throws {CliError} USAGE, FILE_UNREADABLE, CERTIFICATES_UNFIT; when a signature is stamped TIMESTAMP_FAILED
 */
export async function timeAuthority({ tsa, tsaRoot }: TimestampFlags, io: Io): Promise<NotarySigning['timestamp']> {
  if (tsa === undefined && tsaRoot === undefined) return undefined;
  if (tsa === undefined || tsaRoot === undefined)
    throw new CliError(
      'USAGE',
      '--tsa and --tsa-root belong together: the authority, and the root that it is trusted by',
    );
  const url = URL.parse(tsa);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    throw new CliError('USAGE', '--tsa is an address that begins with http:// or https://, without a password');
  const anchors = await readRoots(tsaRoot);
  const witnesses = callWitnesses({}, io);
  return async (signature, hash, signal = io.signal) => {
    const nonce = randomBytes(nonceBytes);
    const answer = await postQuery(url, timestampRequest({ signature, hash, nonce }), { env: io.env, signal });
    const response = readTimestampResponse(answer);
    if ('problem' in response) throw timestampFailed(url, response.problem);
    const stamp = verifyTimestamp(response.token, { signature, anchors });
    if ('problem' in stamp) throw timestampFailed(url, stamp.problem);
    if (stamp.nonce !== nonceText(nonce)) throw timestampFailed(url, 'it answers another request');
    // Its addresses are named by who is trusted for time stamps.
    const results = await witnesses.revocation({ chain: stamp.chain, atMs: Date.now(), allowPrivate: true });
    const open =
      results.find(({ status }) => status === 'revoked') ?? results.find(({ status }) => status === 'unknown');
    if (open !== undefined) throw timestampFailed(url, `its certificate is ${open.status}: ${open.message}`);
    return response.token;
  };
}

async function readRoots(file: string): Promise<readonly Certificate[]> {
  const bytes = await readInputFile(file, maxBytes);
  try {
    const roots = readCertificateFile(bytes);
    const why = roots.map((root) => checkAnchor(root, 'tsa')).find((each) => each !== undefined);
    if (why !== undefined) throw new CliError('CERTIFICATES_UNFIT', `${file}: ${why}`);
    return roots;
  } catch (error) {
    if (error instanceof CertificateError) throw new CliError('CERTIFICATES_UNFIT', `${file}: ${error.message}`);
    throw error;
  }
}
