import type { Io } from './io.ts';

/** Remarks about what is going on: on standard error, when a person watches or `--verbose` asks. */
export interface Progress {
  /** A line that stays. */
  readonly note: (text: string) => void;
  /** A line that the next one replaces (terminal only). */
  readonly update: (text: string) => void;
  /** Removes the line that would be replaced. */
  readonly clear: () => void;
}

/** Quiet wins; without a terminal only `--verbose` shows progress, and then only lines that stay. */
export function createProgress(io: Io, options: { readonly quiet: boolean; readonly verbose: boolean }): Progress {
  const shown = !options.quiet && (io.stderr.isTTY || options.verbose);
  let pending = false;
  const clear = (): void => {
    if (pending) io.stderr.write('\r\u001b[K');
    pending = false;
  };
  return {
    note(text) {
      if (!shown) return;
      clear();
      io.stderr.write(`${text}\n`);
    },
    update(text) {
      if (!shown || !io.stderr.isTTY) return;
      clear();
      io.stderr.write(text.slice(0, 200));
      pending = true;
    },
    clear,
  };
}
