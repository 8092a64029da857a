import { join } from 'node:path';
import { isErrno } from '../errno.ts';
import { RegistryError } from '../errors.ts';
import { buildCatalogue, type Catalogue } from './catalogue.ts';
import { asIoError, type DurableFolder, type Prepared, writePieces } from './durable.ts';
import type { ChangingEntries, IndexEntries } from './index-entries.ts';
import { draftOf, type IndexDraft, type LayoutIndex, maxIndexBytes, parseIndexFile } from './index-file.ts';
import { withLock } from './lock.ts';
import type { ManifestFacts } from './manifest-facts.ts';
import { readRegular } from './regular-file.ts';

/** One change of the layout. */
export interface Change {
  /** Changes the draft; false when nothing had to be changed. Throws before it changes anything. May be asked again, of a new draft. */
  apply(draft: ChangingEntries): boolean;
  /** What must be durable before the index is; runs beside other such work. When it fails, so does this change, and no other. */
  before?(): Promise<void>;
  /** Carries the change over to the catalogue; false where only building it anew can tell. */
  update(catalogue: Catalogue): Promise<boolean>;
  /** Runs once the changed index is durable, before any other change. */
  after?(index: IndexEntries): Promise<void>;
}

/** `index.json` as it stands: read from memory or from disk, changed one batch at a time. */
export interface LayoutState {
  index(): Promise<LayoutIndex>;
  catalogue(): Promise<Catalogue>;
  /** Ends when the change is durable. Changes that come while one is being written are written together. */
  change(change: Change): Promise<void>;
}

interface Waiting {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Readers see only what is durable: a view is replaced after its file was. */
interface View {
  /** The file, in pieces. */
  readonly bytes: readonly Uint8Array[];
  readonly index: LayoutIndex;
  catalogue: Promise<Catalogue> | undefined;
}

interface PreparedIndex extends Prepared {
  readonly bytes: readonly Uint8Array[];
}

interface Replacing {
  readonly view: View;
  readonly draft: IndexDraft;
  readonly batch: readonly Waiting[];
  readonly file: PreparedIndex;
}

/** `exclusive`: no other process writes, so what is in memory is true and no lock is taken. */
export async function openLayoutState(options: {
  readonly dir: string;
  readonly exclusive: boolean;
  readonly files: DurableFolder;
  readonly facts: ManifestFacts;
}): Promise<LayoutState> {
  const state = new State(options);
  if (options.exclusive) await state.catalogue();
  else await state.index();
  return state;
}

class State implements LayoutState {
  readonly #options: Parameters<typeof openLayoutState>[0];
  readonly #path: string;
  readonly #waiting: Waiting[] = [];
  #view: View | undefined;
  #isWriting = false;

  constructor(options: Parameters<typeof openLayoutState>[0]) {
    this.#options = options;
    this.#path = join(options.dir, 'index.json');
  }

  async index(): Promise<LayoutIndex> {
    return (await this.#current()).index;
  }

  async catalogue(): Promise<Catalogue> {
    return this.#catalogueOf(await this.#current());
  }

  change(change: Change): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ change, resolve, reject }));
    if (!this.#isWriting) void this.#writeAll();
    return done;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const { exclusive, dir } = this.#options;
      // The batch is what waits once the lock is held.
      const batch: Waiting[] = [];
      const work = (): Promise<void> => this.#writeBatch(batch);
      try {
        await (exclusive ? work() : withLock(dir, work));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        const failed = batch.length > 0 ? batch : this.#waiting.splice(0);
        for (const { reject } of failed) reject(error);
      }
    }
    this.#isWriting = false;
  }

  /** Leaves in `batch` what has been written; a change that was refused is told at once and goes. */
  async #writeBatch(batch: Waiting[]): Promise<void> {
    const view = await this.#current();
    batch.push(...this.#waiting.splice(0));
    let written: IndexEntries | undefined;
    while (written === undefined) written = await this.#tryBatch(view, batch);
    for (const { change } of batch) await change.after?.(written);
  }

  /** Gives the index as it then is; undefined when something that one change needs failed: it was told, the rest is to be tried again. */
  async #tryBatch(view: View, batch: Waiting[]): Promise<IndexEntries | undefined> {
    const draft = draftOf(view.index);
    const hasChanged = applyAll(batch, draft);
    const prepared = hasChanged ? this.#prepare(draft) : Promise.resolve(undefined);
    // Side by side, so that one flush of the disk serves both; the index gets its name last.
    const [file, ...needs] = await Promise.allSettled([prepared, ...batch.map(needOf)]);
    const failures = batch.flatMap((waiting, at) =>
      needs[at]?.status === 'rejected' ? [{ waiting, ...needs[at] }] : [],
    );
    for (const { waiting, reason } of failures) refuse(batch, waiting, reason);
    if (file.status === 'rejected') throw file.reason;
    if (failures.length > 0) {
      await file.value?.discard();
      return undefined;
    }
    if (file.value !== undefined) await this.#replace({ view, draft, batch, file: file.value });
    else if (!(await isCarriedOver(view, batch))) view.catalogue = undefined;
    return view.index;
  }

  async #prepare(draft: IndexDraft): Promise<PreparedIndex> {
    const bytes = draft.encode();
    const file = await this.#options.files.prepare((handle) => writePieces(handle, bytes));
    return { bytes, ...file };
  }

  async #replace({ view, draft, batch, file }: Replacing): Promise<void> {
    try {
      await file.commit(this.#path);
    } catch (error) {
      this.#view = undefined; // perhaps it has its name: only the disk knows
      throw error;
    }
    this.#view = { bytes: file.bytes, index: draft.settle(), catalogue: view.catalogue };
    if (!(await isCarriedOver(view, batch))) this.#view.catalogue = undefined;
  }

  async #current(): Promise<View> {
    const view = this.#view;
    if (view !== undefined && this.#options.exclusive) return view;
    const bytes = await readIndexFile(this.#path);
    if (view !== undefined && isSame(view.bytes, bytes)) return view;
    this.#view = { bytes: [bytes], index: parseIndexFile(bytes), catalogue: undefined };
    return this.#view;
  }

  #catalogueOf(view: View): Promise<Catalogue> {
    view.catalogue ??= buildCatalogue(view.index, this.#options.facts);
    return view.catalogue;
  }
}

/** Whether anything was changed. Changes that are refused go. */
function applyAll(batch: Waiting[], draft: IndexDraft): boolean {
  let hasChanged = false;
  for (const waiting of [...batch]) {
    try {
      if (waiting.change.apply(draft)) hasChanged = true;
    } catch (error) {
      refuse(batch, waiting, error);
    }
  }
  return hasChanged;
}

async function needOf({ change }: Waiting): Promise<void> {
  await change.before?.();
}

function refuse(batch: Waiting[], waiting: Waiting, reason: unknown): void {
  batch.splice(batch.indexOf(waiting), 1);
  waiting.reject(reason);
}

/** Whether the view's catalogue, if it has been built, now knows what the batch did. */
async function isCarriedOver(view: View, batch: readonly Waiting[]): Promise<boolean> {
  const catalogue = await view.catalogue;
  if (catalogue === undefined) return true;
  for (const { change } of batch) {
    if (!(await change.update(catalogue))) return false;
  }
  return true;
}

function isSame(pieces: readonly Uint8Array[], bytes: Uint8Array): boolean {
  let at = 0;
  for (const piece of pieces) {
    if (Buffer.compare(piece, bytes.subarray(at, at + piece.length)) !== 0) return false;
    at += piece.length;
  }
  return at === bytes.length;
}

async function readIndexFile(path: string): Promise<Uint8Array> {
  try {
    return await readRegular(path, maxIndexBytes);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR'))
      throw new RegistryError('LAYOUT_INVALID', 'index.json is missing', { cause: error });
    throw asIoError(error, 'reading index.json');
  }
}
