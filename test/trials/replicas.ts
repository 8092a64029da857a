import { runReplicas } from '../interop/replicas.ts';

/** For the list of trials. */
export const about: string =
  'signed tags in three regions, copied with delay; one is stale, cut off, rolled back by an attacker: who remembers never goes back [publications 10]';

/** `npm run trial -- replicas [PUBLICATIONS]`: so many in each phase. */
export async function trial([publications = '10']: readonly string[]): Promise<boolean> {
  const { phases, faults, waitedMs } = await runReplicas({ publications: Number(publications) });
  for (const { phase, trusted, denied, undecided, cold, coldOlder } of phases)
    console.log(
      `${phase.padEnd(12)} who remembers: ${trusted} answers, ${denied} denied, ${undecided} undecided; who does not, in the third region: ${coldOlder} of ${cold} older than what was everywhere else`,
    );
  console.log(
    `verify --wait --receipt in the other regions: ${waitedMs.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`,
  );
  for (const fault of faults.slice(0, 20)) console.log(`FAULT ${fault}`);
  console.log(`${faults.length} answers older than one before`);
  return faults.length === 0;
}
