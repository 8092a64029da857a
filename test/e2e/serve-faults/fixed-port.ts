import { randomInt } from 'node:crypto';

/**
 * A port that stays free while nobody listens there: below those that the system gives to connections. `listen` tries one; gives that where
 * it succeeded.
 */
export async function fixedPort(listen: (port: number) => Promise<void>): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const port = randomInt(20_000, 30_000);
    try {
      await listen(port);
      return port;
    } catch (error) {
      if (tries > 20) throw error;
    }
  }
}
