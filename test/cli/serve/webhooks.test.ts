import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createJudge, createMetrics } from '@signet/admission';
import { createMemoryStore } from '@signet/oci';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ServeFlags } from '../../../packages/cli/src/serve/flags.ts';
import { openWatcher } from '../../../packages/cli/src/serve/webhooks.ts';
import { tempDir } from '../../support/temp.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';

const file = (text: string): string => {
  const path = join(tempDir(), 'secret');
  writeFileSync(path, text);
  return path;
};
const secretFile = file('# of the registry\na-shared-secret-of-registries\nanother-one-while-it-changes\n');
const judge = createJudge({ policy: policyOf(testKey('p256'), {}), open: () => createMemoryStore() });
const open = (flags: Partial<ServeFlags>) =>
  openWatcher(flags as ServeFlags, { judge, metrics: createMetrics(), logger: pino({ level: 'silent' }) });

describe('openWatcher', () => {
  it('follows nothing up without a secret, and takes no option that needs one', async () => {
    expect((await open({})).watcher).toBeUndefined();
    for (const flags of [
      { webhookHost: ['acr=r.example'] },
      { notifyUrl: 'https://n.example' },
      { notifySecretFile: 'x' },
    ])
      await expect(open(flags)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('follows up notifications, by the names that rules have', async () => {
    const webhookHost = ['acr=r.example', 'distribution=[::1]:5000'];
    const { watcher, close } = await open({ webhookSecretFile: secretFile, webhookHost });
    expect(watcher?.take('acr', { action: 'delete', registry: 'x', repository: 'app' })).toBe('noted');
    await close();
  });

  it.each(['r.example', 'quay=r.example', 'acr=', 'acr=https://r.example/x'])(
    'does not take --webhook-host %s',
    async (text) => {
      await expect(open({ webhookSecretFile: secretFile, webhookHost: [text] })).rejects.toMatchObject({
        code: 'USAGE',
      });
    },
  );

  it('sends messages only with an address and one secret', async () => {
    const base = { webhookSecretFile: secretFile };
    const one = file('a-secret-for-outgoing-messages\n');
    await (await open({ ...base, notifyUrl: 'https://n.example/x', notifySecretFile: one })).close();
    await expect(open({ ...base, notifyUrl: 'https://n.example/x' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(open({ ...base, notifySecretFile: one })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(open({ ...base, notifyUrl: 'http://n.example/', notifySecretFile: one })).rejects.toMatchObject({
      code: 'SERVER_INVALID',
    });
    await expect(
      open({ ...base, notifyUrl: 'https://n.example/', notifySecretFile: secretFile }),
    ).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
