import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolders } from '@signet/oci';
import { CliError } from '../errors.ts';
import { isThere, refuseExisting, unwritable, writeOutputFile } from '../files.ts';
import { withSigningKey, writeSigningKeys } from './add-signing-key.ts';
import { readSigningKeys } from './signing-keys.ts';
import { issueTestCertificate, type TestCertificateOptions } from './test-certificate.ts';

/** What `signet cert generate-test` is told. */
export interface GenerateTestOptions extends Pick<TestCertificateOptions, 'bits' | 'atMs'> {
  readonly name: string;
  /** notation's own. */
  readonly folder: string;
  readonly isDefault: boolean;
  /** The certificate goes into the trust store `ca:NAME` as well. */
  readonly isTrusted: boolean;
  /** What is there of this name is overwritten. */
  readonly force: boolean;
}

/** What was made, and where it lies. */
export interface GeneratedTest {
  readonly keyPath: string;
  readonly certPath: string;
  /** In the trust store. */
  readonly trustedPath?: string;
  /** The list that it stands in. */
  readonly listPath: string;
  readonly notAfterMs: number;
}

/** X.520: common names are no longer. */
const maxName = 64;

/**
 * Makes a key with a test certificate, and puts both where `notation cert generate-test` does. All that could be in the way is looked at before
 * anything is written; each file is written whole, the list of keys last; what was written is taken away again where the rest fails.
 * Rule: wire-formats 9.1
 * @throws {CliError} USAGE, FILE_EXISTS, FILE_UNWRITABLE, FILE_UNREADABLE, KEY_STORE_INVALID
 */
export async function generateTest(options: GenerateTestOptions): Promise<GeneratedTest> {
  const { name, bits, atMs, isDefault, isTrusted, force } = options;
  checkName(name);
  const folder = resolve(options.folder); // notation looks for relative paths elsewhere
  const [keyPath, certPath] = [join(folder, 'localkeys', `${name}.key`), join(folder, 'localkeys', `${name}.crt`)];
  const trustedPath = join(folder, 'truststore', 'x509', 'ca', name, `${name}.crt`);
  const list = await readSigningKeys(folder);
  const text = await withSigningKey({ name, keyPath, certPath, isDefault }, list, await isThere(list.path));
  await refuseExisting([keyPath, certPath, ...(isTrusted ? [trustedPath] : [])], force);
  if (!force && list.keys.some((key) => key.name === name))
    throw new CliError('FILE_EXISTS', `${list.path} has a key ${name} already`, { hint: '--force overwrites it' });
  const { key, cert, notAfterMs } = await issueTestCertificate({ commonName: name, bits, atMs });
  const files = [
    { path: keyPath, text: key, mode: 0o600 },
    { path: certPath, text: cert, mode: 0o644 },
    ...(isTrusted ? [{ path: trustedPath, text: cert, mode: 0o600 }] : []),
  ];
  await writeAll(files, { force, last: () => writeSigningKeys(list.path, text) });
  return { keyPath, certPath, ...(isTrusted ? { trustedPath } : {}), listPath: list.path, notAfterMs };
}

/** It is a part of paths, and notation's rule for that. @throws {CliError} USAGE */
function checkName(name: string): void {
  if (/^[a-zA-Z0-9_.-]+$/.test(name) && !/^\.+$/.test(name) && name.length <= maxName) return;
  throw new CliError(
    'USAGE',
    `a name has letters, digits, "_", "." and "-", at most ${maxName}: ${JSON.stringify(name.slice(0, 80))}`,
  );
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

async function writeAll(
  files: readonly NewFile[],
  { force, last }: { readonly force: boolean; readonly last: () => Promise<void> },
): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path, text, mode } of files) {
      await makeFolder(dirname(path));
      await writeOutputFile(path, Buffer.from(text), { mode, force });
      written.push(path);
    }
    await last();
  } catch (error) {
    // What was overwritten cannot be had back: then the new files, which belong together, are better than half of them.
    if (!force) await Promise.all(written.map((path) => rm(path, { force: true })));
    throw error;
  }
}

/** For its owner alone, as notation's folders are. */
async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path, { mode: 0o700 });
  } catch (error) {
    throw unwritable(path, error);
  }
}
