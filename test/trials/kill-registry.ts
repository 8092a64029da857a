import { inspectByPeers } from '../registry/kill/peers.ts';
import { type KillFigures, killRounds } from '../registry/kill/rounds.ts';

/** One line for the list of trials. */
export const about: string =
  'kill -9 of the embedded registry at random moments under load, 100 times (or as many as given)';

/** `npm run trial -- kill-registry [ROUNDS]` */
export async function trial([rounds = '100']: readonly string[]): Promise<boolean> {
  const peers = await inspectByPeers();
  const figures = await killRounds({
    rounds: Number(rounds),
    inspect: peers.inspect,
    inspectEvery: 10,
    onRound: (round, now) => {
      if (round % 10 === 0) console.log(line(now));
    },
  });
  await peers.stop();
  console.log(line(figures));
  console.log(`layouts opened by oras and pushed from by crane: ${peers.opened()}`);
  for (const fault of figures.faults.slice(0, 20)) console.log(`FAULT ${fault}`);
  return figures.faults.length === 0;
}

function line(now: KillFigures): string {
  const kills = `${now.rounds} kills under load, ${now.killedStarting} while starting`;
  const requests = `${now.acknowledged} acknowledged changes, ${now.unanswered} unanswered (${now.applied} had taken effect, ${now.dropped} not)`;
  const checks = `${now.checked} looked up after restarts, ${now.files} files hashed, ${now.resumed} uploads resumed`;
  return `${kills}; ${requests}; ${checks}; slowest start ${now.slowestStartMs} ms; ${now.faults.length} faults`;
}
