import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../packages/cli/src/connect.ts';
import type { Io } from '../../packages/cli/src/io.ts';
import { tempDir } from '../support/temp.ts';
import { startTokenServer } from '../support/token-server.ts';
import { createWorld } from './world.ts';

const output = { form: 'text', json: false, quiet: false, verbose: false, color: false } as const;

/** How often the client is closed with a connection. */
async function closings(more: Partial<Io>): Promise<number> {
  const connection = await connect({}, { ...createWorld(), ...more }, output, { references: [] });
  const close = vi.spyOn(connection.client, 'close');
  await connection.close();
  return close.mock.calls.length;
}

describe('the connections of a call', () => {
  it('end with it', async () => {
    expect(await closings({})).toBe(1);
  });

  it('are left to the end of the process where that comes at once', async () => {
    expect(await closings({ endsProcess: true })).toBe(0);
  });
});

describe('the credentials of a call', () => {
  it('are those of the configuration, and for registries of Azure without one what the workload identity gets', async () => {
    const authority = await startTokenServer(() => ({ access_token: 'of-entra', expires_in: 3600 }));
    onTestFinished(() => authority.stop());
    const [file, registryConfig] = [join(tempDir(), 'token'), join(tempDir(), 'config.json')];
    writeFileSync(file, 'of-the-pod');
    const auth = Buffer.from('user:password').toString('base64');
    writeFileSync(registryConfig, JSON.stringify({ auths: { 'kept.azurecr.io': { auth } } }));
    const env = {
      AZURE_FEDERATED_TOKEN_FILE: file,
      AZURE_CLIENT_ID: 'client',
      AZURE_TENANT_ID: 'tenant',
      AZURE_AUTHORITY_HOST: new URL(authority.url).origin,
    };
    const { credentials, close } = await connect({ registryConfig }, createWorld({ env }), output, { references: [] });
    onTestFinished(close);
    expect(await credentials.get('kept.azurecr.io')).toMatchObject({ kind: 'basic', username: 'user' });
    expect(authority.asks).toEqual([]);
    expect(await credentials.get('other.azurecr.io')).toMatchObject({ kind: 'aad', token: 'of-entra' });
    expect(await credentials.get('other.example')).toBeUndefined();
  });

  it('do not begin with half of a workload identity', async () => {
    const env = { AZURE_FEDERATED_TOKEN_FILE: '/token' };
    const opened = connect({}, createWorld({ env }), output, { references: [] });
    await expect(opened).rejects.toMatchObject({ code: 'CREDENTIALS' });
  });
});
