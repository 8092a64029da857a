import { escapeForTerminal } from '@signet/verifier';
import type { Style } from '../style.ts';
import type { Beginning } from './begin-collection.ts';
import { policyLinesText } from './policy-lines.ts';
import { publishedJson, publishedText } from './published-output.ts';

/** For people: what was made, what to keep, and what the policy has to say. Ends with a line end. */
export function beginningText(begun: Beginning, options: { readonly style: Style; readonly nowMs: number }): string {
  const { collection, published, catalogueKeys, statePath, policy } = begun;
  const { style } = options;
  const made =
    published === undefined
      ? `can be begun  ${style.strong(escapeForTerminal(collection.name))}\n`
      : publishedText(published, collection, options);
  return [
    made,
    `\n${style.strong('Keep')}\n`,
    ...catalogueKeys.map(
      (path) =>
        `  ${escapeForTerminal(path)}\n    signs the catalogue: back it up. Whoever has it can freeze tags, and sign no image.\n`,
    ),
    statePath === undefined
      ? '  nothing is remembered here (--no-state): publishing needs a receipt of an earlier run, or --cold\n'
      : `  ${escapeForTerminal(statePath)}\n    what is remembered: by it an older catalogue is noticed. In CI keep its folder in the cache.\n`,
    `\n${style.strong('Next')}\n`,
    '  signet tags refresh   every 12 hours: the catalogue expires after 72\n',
    '  signet sign --publish signs an image for a tag and puts it into the catalogue\n',
    ...(policy === undefined ? [] : [`\n${style.strong('Put into the policy')}\n`, policyLinesText(policy)]),
  ].join('');
}

/** For programs. */
export function beginningJson({ collection, published, catalogueKeys, statePath, policy }: Beginning): object {
  return {
    version: 1,
    collection: collection.name,
    ...(published === undefined ? { outcome: 'dry-run' } : publishedJson(published, collection)),
    keep: { catalogueKeys, ...(statePath === undefined ? {} : { state: statePath }) },
    ...(policy === undefined ? {} : { policy }),
  };
}
