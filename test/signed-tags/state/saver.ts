import { emptyState, fileStatePlace, type TagsState } from '@signet/signed-tags';
import { collection, publisherNamed, signerNamed } from './state-data.ts';

/**
 * A process that saves: `saver.ts FOLDER TAG ROUNDS [PADDING]` lets the tag be removed at 1, 2, 3, … and says each number once it is saved
 * (`lost N` where it was not); beside it PADDING tags that make the file large. It fails where the state is less than what it saved before.
 */
const [folder = '', tag = '', rounds = '', padding = '0'] = process.argv.slice(2);
const place = fileStatePlace({ folder, collection, catalogue: 'shop' });

for (let round = 1; round <= Number(rounds); round += 1) {
  const saved = await place.merge(removedAt(round));
  const held = (await place.read())?.seen.get(tag)?.removed.get(publisherNamed('one')) ?? 0;
  if (saved && held < round) throw new Error(`saved ${round}, then read ${held}`);
  process.stdout.write(saved ? `${round}\n` : `lost ${round}\n`);
}

function removedAt(atMs: number): TagsState {
  const id = publisherNamed('one');
  const tags = [tag, ...Array.from({ length: Number(padding) }, (_, at) => `padding-${at}`)];
  return {
    ...emptyState(collection),
    publishers: new Map([[id, { signers: [signerNamed('one')], issuedMs: atMs }]]),
    seen: new Map(tags.map((each) => [each, { vouched: new Map(), removed: new Map([[id, atMs]]) }])),
  };
}
