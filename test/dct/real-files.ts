import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './trust-repository.ts';

/** The repository of {@link realFiles}. */
export const realGun = '127.0.0.1:45391/team/dct';

/** Written by docker 28.5.2 and notary-server 0.7: two signers, a tag from before them, a root key that was changed since. */
export function realFiles(): Files {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/docker-28.json'), 'utf8');
  const files = Object.entries(JSON.parse(text) as Record<string, string>);
  return new Map(files.map(([name, content]) => [name, Buffer.from(content)]));
}
