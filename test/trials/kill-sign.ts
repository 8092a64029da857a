import { randomInt } from 'node:crypto';
import { type KillFigures, killsIn, phases } from '../e2e/kill/figures.ts';
import { killSigners } from '../e2e/kill/rounds.ts';
import { inspectByPeers } from '../registry/kill/peers.ts';

/** One line for the list of trials. */
export const about: string =
  'kill -9 of signet sign and signet copy at random moments, 100 times (or as many as given) [kills] [seed]';

/** `npm run trial -- kill-sign [KILLS] [SEED]` */
export async function trial([kills = '100', seed = `${randomInt(2 ** 31)}`]: readonly string[]): Promise<boolean> {
  console.log(`seed ${seed}`);
  const peers = await inspectByPeers();
  let told = 0;
  const figures = await killSigners({
    kills: Number(kills),
    seed: Number(seed),
    docker: true,
    inspect: peers.inspect,
    inspectEvery: 2,
    onKill: (now) => {
      for (const fault of now.faults.slice(told)) console.log(`FAULT ${fault}`);
      told = now.faults.length;
      if (killsIn(now) % 20 === 0) console.log(line(now));
    },
  }).finally(() => peers.stop());
  for (const [target, pace] of figures.paces) console.log(targetLine(figures, target, pace));
  console.log(line(figures));
  console.log(`layouts opened by oras and pushed from by crane: ${peers.opened()}`);
  for (const fault of figures.faults.slice(told)) console.log(`FAULT ${fault}`);
  return figures.faults.length === 0;
}

function targetLine(figures: KillFigures, target: string, pace: { wholeMs: number; firstWriteMs: number }): string {
  const counts = figures.kills.get(target);
  const met = phases.map((phase) => `${counts?.[phase] ?? 0} ${words[phase]}`).join(', ');
  const [whole, first] = [pace.wholeMs, pace.firstWriteMs].map((ms) => ms.toFixed(0));
  return `${target}: undisturbed ${whole} ms, first write after ${first} ms; killed: ${met}`;
}

const words = { before: 'before the first write', between: 'between', stored: 'stored', reported: 'reported' } as const;

function line(now: KillFigures): string {
  const met = phases.map((phase) => `${killsIn(now, phase)} ${words[phase]}`).join(', ');
  const done = `${now.ended} had ended before; ${now.acknowledged} reported as done, looked at ${now.verified} times after kills`;
  const left = `leftovers in layouts: ${now.leftAfterKills} after kills, ${now.leftAfterNext} after the next command`;
  const others = `${now.openUploads} open uploads, ${now.temporary} files in TMPDIR`;
  return `${killsIn(now)} kills (${met}); ${done}; ${now.layouts} looks at layouts; ${left}; ${others}; ${now.faults.length} faults`;
}
