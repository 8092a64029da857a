import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Files and folders as they were before they were read. */
export interface FileStates {
  /** To be called before one is read; of one that is read twice, the first time counts. */
  note(path: string): void;
  /** Whether one of them is another than it was then. */
  haveChanged(): Promise<boolean>;
}

/** Whatever tells one version of a file from another without reading it. */
export function createFileStates(): FileStates {
  const states = new Map<string, string>();
  return {
    note(path) {
      if (!states.has(path)) states.set(path, stateNow(path));
    },
    async haveChanged() {
      const changed = [...states].map(async ([path, state]) => (await stateSoon(path)) !== state);
      return (await Promise.all(changed)).includes(true);
    },
  };
}

/** That it is not there, or not to be seen, is a state too. */
const noState = '-';

function stateNow(path: string): string {
  try {
    return stateOf(statSync(path, { bigint: true }));
  } catch {
    return noState;
  }
}

async function stateSoon(path: string): Promise<string> {
  try {
    return stateOf(await stat(path, { bigint: true }));
  } catch {
    return noState;
  }
}

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
