import { createRegistryClient } from '@signet/oci';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { tempDir } from '../../support/temp.ts';
import { createCosign } from './cosign-system.ts';
import { createNotation } from './notation-system.ts';
import { attacks, type Result } from './scenario.ts';
import { createBound, createTrusted } from './signet-system.ts';
import { createStage } from './stage.ts';

/** What came of an attack on a system. */
export interface Attacked {
  readonly attack: string;
  readonly system: string;
  readonly result: Result;
}

/** Performs every attack on cosign, notation and Signet, one after the other, each in a repository of its own. */
export async function attackSystems(
  only: readonly string[] = attacks.map(({ id }) => id),
): Promise<readonly Attacked[]> {
  const [registry, client] = [await startEmbeddedRegistry(), createRegistryClient()];
  try {
    const stage = createStage(registry.host, tempDir('signet-attacks-'), client);
    const systems = [
      await createCosign(stage),
      await createNotation(stage),
      await createBound(stage),
      await createTrusted(stage),
    ];
    const attacked: Attacked[] = [];
    for (const attack of attacks.filter(({ id }) => only.includes(id)))
      for (const system of systems)
        attacked.push({ attack: attack.id, system: system.name, result: await attack.run(system, stage) });
    return attacked;
  } finally {
    await client.close();
    await registry.stop();
  }
}
