import type { Place } from '../place.ts';
import type { Rename } from '../policy.ts';
import type { Loading } from './loading.ts';
import { nodeAt } from './node.ts';
import { parsePrefix } from './prefix.ts';
import { quoted } from './problems.ts';
import { placeText } from './sources.ts';

/** The renames of all files, folded. Two for the same prefix would leave open which is meant: a fault. */
export function loadRenames({ files, problems }: Loading): readonly Rename[] {
  const found = new Map<string, { readonly rename: Rename; readonly place: Place }>();
  for (const file of files) {
    for (const [at, input] of (file.input.rename ?? []).entries()) {
      const [from, to] = (['from', 'to'] as const).map((field) => {
        const { place } = nodeAt(file.root, ['rename', at, field]);
        const text = file.variables.expand(input[field], place);
        return text === undefined ? undefined : parsePrefix(text, place, problems);
      });
      if (from === undefined || to === undefined) continue;
      const { place } = nodeAt(file.root, ['rename', at, 'from']);
      const first = found.get(from);
      if (first !== undefined)
        problems.add(`images from ${quoted(from)} are renamed already: ${placeText(first.place)}`, place);
      else if (from === to) problems.add('"from" and "to" are the same', place);
      else found.set(from, { rename: { from, to }, place });
    }
  }
  return [...found.values()].map(({ rename }) => rename);
}
