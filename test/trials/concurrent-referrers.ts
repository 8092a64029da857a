import { startDockerRegistry } from '../support/docker-registry.ts';
import { type RaceResult, raceReferrers } from '../support/referrer-race.ts';

/** For the list of trials. */
export const about: string =
  'processes push referrers of one image to docker-registry (fallback tag): none may get lost [processes 8] [referrers 25] [runs 10]';

/** Every run must find all. Prints requests and milliseconds for one referrer. */
export async function trial(args: readonly string[]): Promise<boolean> {
  const [processes = 8, referrers = 25, runs = 10] = args.map(Number);
  let lost = 0;
  for (let run = 1; run <= runs; run += 1) {
    const registry = await startDockerRegistry();
    try {
      const result = await raceReferrers({ host: registry.host, processes, referrers });
      lost += result.expected - result.found;
      console.log(`run ${run}: ${show(result)}`);
    } finally {
      await registry.stop();
    }
  }
  return lost === 0;
}

function show({ found, expected, requestsEach, wallMsEach, wallMs }: RaceResult): string {
  const each = `${requestsEach.toFixed(1)} requests and ${wallMsEach.toFixed(0)} ms for each`;
  return `${found} of ${expected} found, ${(wallMs / 1000).toFixed(1)} s in all, ${each}`;
}
