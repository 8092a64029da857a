import { attackDct, dctName } from '../interop/attacks/dct-attacks.ts';
import { attacks } from '../interop/attacks/scenario.ts';
import { type Attacked, attackSystems } from '../interop/attacks/stage-all.ts';
import { columns, expected, outcomesOf, renderSayings, renderTable } from '../interop/attacks/table.ts';

/** For the list of trials. */
export const about: string =
  'the same attacks on the real Docker Content Trust, cosign and notation, and on Signet: a table of who notices what (as root)';

/** Performs them all; false where anything came of one that docs/attacks.md does not say. */
export async function trial(): Promise<boolean> {
  const ofDct = [...(await attackDct())].map(([attack, result]): Attacked => ({ attack, system: dctName, result }));
  const attacked = [...ofDct, ...(await attackSystems())];
  console.log(renderTable((attack) => outcomesOf(attacked, attack)));
  console.log(`\n${renderSayings(attacked)}\n`);
  const others = attacks.flatMap(({ id }) =>
    outcomesOf(attacked, id).flatMap((outcome, at) =>
      outcome === expected[id]?.[at] ? [] : [`${id}, ${columns[at]?.join(' ')}: ${outcome}, not ${expected[id]?.[at]}`],
    ),
  );
  for (const other of others) console.log(`OTHERWISE ${other}`);
  return others.length === 0;
}
