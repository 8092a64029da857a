import { constants } from 'node:fs';
import { access, chmod, chown, rename, rm, stat } from 'node:fs/promises';
import { CliError } from '../errors.ts';
import { unwritable, writeBeside } from '../files.ts';

/** New content of a file, on the disk beside it. */
export interface Replacement {
  /** Puts it in the file's place in one step. @throws {CliError} FILE_UNWRITABLE */
  readonly commit: () => Promise<void>;
  /** Removes it; nothing after {@link commit}. */
  readonly discard: () => Promise<void>;
}

/**
 * Makes ready what replaces a file: with its mode, and its owner where that may be given. What is protected against writing is not
 * replaced, though its folder would let us. @throws {CliError} FILE_UNWRITABLE: nothing is left
 */
export async function stageReplacement(path: string, content: Uint8Array): Promise<Replacement> {
  const { mode, uid, gid } = await writableFile(path);
  const beside = await writeBeside(path, content, 0o600);
  const discard = (): Promise<void> => rm(beside, { force: true });
  try {
    await keepOwner(beside, uid, gid);
    await chmod(beside, mode & 0o7777);
  } catch (error) {
    await discard();
    throw unwritable(path, error);
  }
  return {
    discard,
    commit: () => rename(beside, path).catch((error: unknown) => Promise.reject(unwritable(path, error))),
  };
}

async function writableFile(path: string) {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new CliError('FILE_UNWRITABLE', `cannot write ${path}: it is no regular file`);
    await access(path, constants.W_OK);
    return facts;
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Only root may give a file away; to everybody else it becomes their own, as with any editor. */
async function keepOwner(path: string, uid: number, gid: number): Promise<void> {
  const made = await stat(path);
  if (made.uid === uid && made.gid === gid) return;
  await chown(path, uid, gid).catch(() => undefined);
}
