import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from '../descriptor.ts';
import { asObject } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { isErrno } from '../errno.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { Store } from '../store.ts';
import { openBlobFiles } from './blobs.ts';
import { asIoError, createDurableFolder, type DurableFolder, makeFolder, removeUnfinished } from './durable.ts';
import { encodeEmptyIndex } from './index-file.ts';
import { LayoutFolder } from './layout-store.ts';
import { withLock } from './lock.ts';
import { createManifestFacts } from './manifest-facts.ts';
import { readRegular } from './regular-file.ts';
import { openLayoutState } from './state.ts';

const maxMarkerBytes = 64 * 1024;

/** Options of {@link openLayout}; all off by default. */
export interface LayoutOptions {
  /** Makes the folder and an empty layout where there is none. */
  readonly create?: boolean;
  /** This process is the only writer: the index is kept in memory and no lock is taken. */
  readonly exclusive?: boolean;
  /** Default {@link defaultLimits}. */
  readonly limits?: Limits;
}

/** An OCI image layout on disk. Rule: image-spec 1.1, image-layout.md. */
export interface LayoutStore extends Store {
  /** The folder, without links. */
  readonly dir: string;
  /**
   * Moves a finished file of the same file system in as a blob. Its size is checked; that its digest is right is the caller's word.
   * @throws {RegistryError} SIZE_MISMATCH, UNSUPPORTED (a manifest: push it), IO
   */
  adopt(path: string, as: Descriptor): Promise<void>;
  /** Bytes of a blob's or manifest's file; undefined where there is none. */
  sizeOf(digest: Digest): Promise<number | undefined>;
  /** Bytes `start` to `end` (not included) of a blob, unchecked: a part has no digest. @throws {RegistryError} NOT_FOUND, IO */
  openRange(
    digest: Digest,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Opens the image layout in a folder. Files appear whole or not at all, what was acknowledged survives a crash, and without `exclusive`
 * other processes may change the layout at the same time.
 * @throws {RegistryError} NOT_FOUND (no such folder), LAYOUT_INVALID, JSON_INVALID, MANIFEST_INVALID, TIMEOUT, IO
 */
export async function openLayout(dir: string, options: LayoutOptions = {}): Promise<LayoutStore> {
  const { create = false, exclusive = false, limits = defaultLimits } = options;
  const folder = await findFolder(dir, create);
  const files = createDurableFolder(folder);
  if (create) await createWhereMissing(folder, files, exclusive);
  await checkMarker(folder);
  await removeUnfinished(folder, exclusive);
  const blobs = await openBlobFiles(folder, files);
  const facts = createManifestFacts(blobs, limits);
  const state = await openLayoutState({ dir: folder, exclusive, files, facts });
  return new LayoutFolder({ dir: folder, limits, blobs, facts, state });
}

async function findFolder(dir: string, create: boolean): Promise<string> {
  try {
    if (create) await makeFolder(dir);
    return await realpath(dir);
  } catch (error) {
    if (!create && isErrno(error, 'ENOENT', 'ENOTDIR'))
      throw new RegistryError('NOT_FOUND', `there is no folder ${JSON.stringify(dir)}`, { cause: error });
    throw asIoError(error, 'opening the image layout');
  }
}

async function createWhereMissing(dir: string, files: DurableFolder, exclusive: boolean): Promise<void> {
  if ((await readMarker(dir)) !== undefined) return;
  const make = async (): Promise<void> => {
    if ((await readMarker(dir)) !== undefined) return;
    await makeFolder(join(dir, 'blobs', 'sha256'));
    const index = await lstat(join(dir, 'index.json')).catch(() => undefined);
    if (index === undefined) await files.write(join(dir, 'index.json'), (file) => file.writeFile(encodeEmptyIndex()));
    // Last: a folder with the marker is a whole layout.
    await files.write(join(dir, 'oci-layout'), (file) => file.writeFile('{"imageLayoutVersion":"1.0.0"}'));
  };
  await (exclusive ? make() : withLock(dir, make));
}

async function checkMarker(dir: string): Promise<void> {
  const bytes = await readMarker(dir);
  if (bytes === undefined)
    throw new RegistryError(
      'LAYOUT_INVALID',
      `${JSON.stringify(dir)} is not an image layout: it has no file oci-layout`,
    );
  const { imageLayoutVersion } = asObject(parseJson(bytes), 'oci-layout');
  if (imageLayoutVersion !== '1.0.0')
    throw new RegistryError('LAYOUT_INVALID', 'oci-layout: imageLayoutVersion is not 1.0.0');
}

async function readMarker(dir: string): Promise<Uint8Array | undefined> {
  try {
    return await readRegular(join(dir, 'oci-layout'), maxMarkerBytes);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw asIoError(error, 'reading oci-layout');
  }
}
