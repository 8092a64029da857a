import { raceSigners, type SignRaceResult } from '../interop/sign-race.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';

/** For the list of trials. */
export const about: string =
  'processes sign one image on docker-registry at once: none may get lost [format cosign|sigstore] [processes 8] [signatures 25] [runs 10]';

/** Every run must find all. Prints requests and milliseconds for one signature. */
export async function trial([name = 'cosign', ...counts]: readonly string[]): Promise<boolean> {
  const format = name === 'sigstore' ? 'sigstore' : 'cosign';
  const [processes = 8, signatures = 25, runs = 10] = counts.map(Number);
  let lost = 0;
  for (let run = 1; run <= runs; run += 1) {
    const registry = await startDockerRegistry();
    try {
      const result = await raceSigners({ host: registry.host, format, processes, signatures });
      lost += result.expected - result.found;
      console.log(`run ${run}: ${show(result)}`);
    } finally {
      await registry.stop();
    }
  }
  return lost === 0;
}

function show({ found, expected, requestsEach, wallMsEach, wallMs }: SignRaceResult): string {
  const each = `${requestsEach.toFixed(1)} requests and ${wallMsEach.toFixed(0)} ms for each`;
  return `${found} of ${expected} found, ${(wallMs / 1000).toFixed(1)} s in all, ${each}`;
}
