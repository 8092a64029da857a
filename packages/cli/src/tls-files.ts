import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CliError } from './errors.ts';
import { readInputFile } from './files.ts';

/** The files that `--ca-file`, `--cert-file` and `--key-file` name. */
export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Their texts, for TLS to use. */
export interface TlsTexts {
  readonly ca?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/**
 * Reads and checks the files: TLS itself takes what it cannot read for an empty list, and then trusts nobody without saying why.
 * @throws {CliError} FILE_UNREADABLE; USAGE where certificate and key do not belong together
 */
export async function readTlsFiles({ caFile, certFile, keyFile }: TlsFiles): Promise<TlsTexts> {
  const ca = caFile === undefined ? {} : { ca: await readCaFile(caFile) };
  if (certFile === undefined && keyFile === undefined) return ca;
  if (certFile === undefined || keyFile === undefined)
    throw new CliError('USAGE', '--cert-file and --key-file belong together: one of them is missing');
  const { cert, key } = await readCertificatePair(certFile, keyFile);
  return { ...ca, clientCert: cert, clientKey: key };
}

/** Certificates to trust, as text. @throws {CliError} FILE_UNREADABLE */
export async function readCaFile(path: string): Promise<string> {
  return (await readCertificates(path)).text;
}

/** A certificate with its chain, and the private key of it, as texts. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function readCertificatePair(
  certFile: string,
  keyFile: string,
): Promise<{ readonly cert: string; readonly key: string }> {
  const certificate = await readCertificates(certFile);
  const key = await readKey(keyFile);
  if (!certificate.first.checkPrivateKey(key.key))
    throw new CliError('USAGE', `the private key in ${keyFile} is not that of the certificate in ${certFile}`);
  return { cert: certificate.text, key: key.text };
}

const certificateBlock = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[\s\S]*?-----END \1-----/g;

async function readCertificates(path: string): Promise<{ readonly text: string; readonly first: X509Certificate }> {
  const text = Buffer.from(await readInputFile(path)).toString('utf8');
  const [first] = (text.match(certificateBlock) ?? []).map((block, at) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new CliError('FILE_UNREADABLE', `${path}: certificate ${at + 1} is damaged`, { cause });
    }
  });
  if (first === undefined) throw new CliError('FILE_UNREADABLE', `${path} holds no PEM certificate`);
  return { text, first };
}

async function readKey(path: string): Promise<{ readonly text: string; readonly key: KeyObject }> {
  const text = Buffer.from(await readInputFile(path)).toString('utf8');
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw new CliError('FILE_UNREADABLE', `${path} holds no PEM private key`);
  try {
    return { text, key: createPrivateKey(text) };
  } catch (cause) {
    const encrypted = text.includes('ENCRYPTED');
    const reason = encrypted ? 'is encrypted, which is not supported here' : 'is damaged';
    throw new CliError('FILE_UNREADABLE', `the private key in ${path} ${reason}`, { cause });
  }
}
