import { describe, expect, it, vi } from 'vitest';
import { connect } from '../../packages/cli/src/connect.ts';
import type { Io } from '../../packages/cli/src/io.ts';
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
