import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RegistryError } from '../errors.ts';
import { buildCatalogue, type Catalogue } from './catalogue.ts';
import { asIoError, type DurableFolder, isErrno } from './durable.ts';
import { copyIndex, encodeIndexFile, type LayoutIndex, maxIndexBytes, parseIndexFile } from './index-file.ts';
import { withLock } from './lock.ts';
import type { ManifestFacts } from './manifest-facts.ts';

/** One change of the layout. */
export interface Change {
  /** Changes the draft; false when nothing had to be changed. Throws before it changes anything. */
  apply(draft: LayoutIndex): Promise<boolean> | boolean;
  /** Carries the change over to the catalogue; false where only building it anew can tell. */
  update(catalogue: Catalogue): Promise<boolean>;
  /** Runs once the changed index is durable, before any other change. */
  after?(index: LayoutIndex): Promise<void>;
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
  readonly bytes: Uint8Array;
  readonly index: LayoutIndex;
  catalogue: Promise<Catalogue> | undefined;
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
    const taken = this.#waiting.splice(0);
    batch.push(...taken);
    const draft = copyIndex(view.index);
    let hasChanged = false;
    for (const waiting of taken) {
      try {
        if (await waiting.change.apply(draft)) hasChanged = true;
      } catch (error) {
        batch.splice(batch.indexOf(waiting), 1);
        waiting.reject(error);
      }
    }
    if (hasChanged) await this.#replace(view, draft, batch);
    else if (!(await isCarriedOver(view, batch))) view.catalogue = undefined;
    for (const { change } of batch) await change.after?.(draft);
  }

  async #replace(view: View, draft: LayoutIndex, batch: readonly Waiting[]): Promise<void> {
    const bytes = encodeIndexFile(draft);
    await this.#options.files.write(this.#path, (file) => file.writeFile(bytes));
    const catalogue = (await isCarriedOver(view, batch)) ? view.catalogue : undefined;
    this.#view = { bytes, index: draft, catalogue };
  }

  async #current(): Promise<View> {
    const view = this.#view;
    if (view !== undefined && this.#options.exclusive) return view;
    const bytes = await readIndexFile(this.#path);
    if (view !== undefined && Buffer.compare(view.bytes, bytes) === 0) return view;
    this.#view = { bytes, index: parseIndexFile(bytes), catalogue: undefined };
    return this.#view;
  }

  #catalogueOf(view: View): Promise<Catalogue> {
    view.catalogue ??= buildCatalogue(view.index, this.#options.facts);
    return view.catalogue;
  }
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

async function readIndexFile(path: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > maxIndexBytes)
      throw new RegistryError('TOO_LARGE', `index.json is larger than ${maxIndexBytes} bytes`);
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR'))
      throw new RegistryError('LAYOUT_INVALID', 'index.json is missing', { cause: error });
    throw asIoError(error, 'reading index.json');
  }
}
