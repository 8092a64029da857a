import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../../scripts/project.ts';

/** A change of the protocol's sources that a simulation has to notice. */
export interface Mutation {
  readonly name: string;
  readonly changes: readonly Change[];
}

/** One place of a source: `from` is there exactly once. */
export interface Change {
  /** Below packages/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Modules that are loaded from now on have these changes. @throws {Error} on loading, where a source has no such place */
export function mutateSources({ name, changes }: Mutation): void {
  const byUrl = Map.groupBy(changes, ({ file }) => pathToFileURL(join(root, 'packages', file)).href);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = byUrl.get(url);
      if (own === undefined) return loaded;
      const text = Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: own.reduce((source, change) => changed(source, change, name), text) };
    },
  });
}

/** @throws {Error} where the place is not there, or not once */
export function changed(source: string, { file, from, to }: Change, name: string): string {
  const [before, after, ...others] = source.split(from);
  if (before === undefined || after === undefined || others.length > 0)
    throw new Error(`mutation ${name}: ${file} does not hold the text once: ${from}`);
  return before + to + after;
}
