import { killPublishers, racePublishers } from '../interop/publish-race.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';

/** For the list of trials. */
export const about: string =
  'signed tags: processes publish at once, then writers are killed at every request; nothing acknowledged may get lost [processes 8] [tags 25] [others 3]';

const registries: readonly (readonly [name: string, start: () => Promise<TestRegistry>])[] = [
  ['docker-registry (no conditional writes)', startDockerRegistry],
  ['embedded', startEmbeddedRegistry],
  ['embedded, without conditional writes', () => startEmbeddedRegistry({ conditionalWrites: false })],
];

/** `npm run trial -- concurrent-publishers [PROCESSES] [TAGS] [OTHERS]` */
export async function trial([processes = '8', tags = '25', others = '3']: readonly string[]): Promise<boolean> {
  let isGood = true;
  for (const [name, start] of registries) {
    const race = await at(start, (host) => racePublishers(host, Number(processes), Number(tags)));
    const { expected, acknowledged, lost, requestsEach, wallMs } = race;
    console.log(
      `${name}: ${acknowledged} of ${expected} published, ${lost.length} lost; ${requestsEach.toFixed(1)} requests and ${(wallMs / expected).toFixed(0)} ms for each, ${(wallMs / 1000).toFixed(1)} s in all`,
    );
    const killed = await at(start, (host) => killPublishers(host, { from: 1, step: 1, others: Number(others) }));
    console.log(
      `${name}: ${killed.kills} kills, one before and one after each request: ${killed.published} were published all the same, ${killed.completed} completed by the next, ${killed.absent} absent; ${killed.acknowledged} of others acknowledged, ${killed.lost.length} lost`,
    );
    isGood &&= acknowledged === expected && lost.length === 0 && killed.lost.length === 0;
  }
  return isGood;
}

async function at<T>(start: () => Promise<TestRegistry>, work: (host: string) => Promise<T>): Promise<T> {
  const registry = await start();
  try {
    return await work(registry.host);
  } finally {
    await registry.stop();
  }
}
