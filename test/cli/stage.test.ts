import { describe, expect, it } from 'vitest';
import { createStage } from '../../packages/cli/src/demo/stage.ts';
import type { ExitCode } from '../../packages/cli/src/exit-codes.ts';
import type { Io } from '../../packages/cli/src/io.ts';
import { createWorld, type World } from './world.ts';

function stageOf(world: World, exit: ExitCode, says: string): ReturnType<typeof createStage> {
  const run = async (_args: readonly string[], io: Io): Promise<ExitCode> => {
    io.stdout.write(says);
    return exit;
  };
  return createStage({ io: world, color: false, run });
}

describe('the stage of the demo', () => {
  it('shows the command and what it printed', async () => {
    const world = createWorld();
    const stage = stageOf(world, 1, 'denied  NO_SIGNATURE\n');
    stage.title('Denied');
    await stage.signet(['verify', "it's"], { exit: 1, says: ['NO_SIGNATURE'] });
    expect(world.out()).toBe(
      `\n1. Denied\n   $ signet verify 'it'\\''s'\n     denied  NO_SIGNATURE\n   exit 1, as it should be\n`,
    );
  });

  it.each([
    ['another exit code', 0, 'denied  NO_SIGNATURE'],
    ['another reason', 1, 'denied  NOT_TRUSTED'],
  ] as const)('fails on %s', async (_what, exit, says) => {
    const stage = stageOf(createWorld(), exit, says);
    await expect(stage.signet(['verify', 'a'], { exit: 1, says: ['NO_SIGNATURE'] })).rejects.toMatchObject({
      code: 'DEMO_FAILED',
    });
  });

  it('goes on after a command, whose connections end with it', async () => {
    const seen: unknown[] = [];
    const run = async (_args: readonly string[], { endsProcess }: Io): Promise<ExitCode> => {
      seen.push(endsProcess);
      return 0;
    };
    const io = { ...createWorld(), endsProcess: true };
    await createStage({ io, color: false, run }).signet(['version'], { exit: 0 });
    expect(seen).toEqual([false]);
  });

  it('stops when it is interrupted', async () => {
    const stage = stageOf(createWorld({ signal: AbortSignal.abort() }), 0, '');
    await expect(stage.signet(['version'], { exit: 0 })).rejects.toThrow();
  });
});
