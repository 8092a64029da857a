import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { CliError } from '../errors.ts';
import { topLevelName } from './entry-name.ts';
import { badSource, type Staging } from './staging.ts';

/** Kinds of files in the upper half of the attributes, where a Unix wrote them. */
const kindMask = 0o170000;
const kinds = { regular: 0o100000, folder: 0o040000, unknown: 0 } as const;

/**
 * The files at the top of a `.zip`, by the same rules as those of a `.tar.gz`.
 * @throws {CliError} PLUGIN_SOURCE, FILE_UNWRITABLE
 */
export async function readZip(path: string, staging: Staging): Promise<void> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true });
    for await (const entry of zip.eachEntry()) await take(zip, entry, staging);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw badSource(`no .zip that can be read: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    zip?.close();
  }
}

async function take(zip: ZipFile, entry: Entry, staging: Staging): Promise<void> {
  const { fileName: path } = entry;
  const name = topLevelName(path);
  const mode = entry.externalFileAttributes >>> 16;
  const kind = mode & kindMask;
  if (kind !== kinds.regular && kind !== kinds.folder && kind !== kinds.unknown)
    throw badSource(`${JSON.stringify(path.slice(0, 200))} is no regular file`);
  if (entry.isEncrypted()) throw badSource(`${JSON.stringify(path.slice(0, 200))} is encrypted`);
  if (name === undefined || kind === kinds.folder) return staging.skip();
  await staging.write(name, await zip.openReadStreamPromise(entry), (mode & 0o111) !== 0);
}
