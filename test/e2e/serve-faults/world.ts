import type { ValkeyServer } from '../../support/valkey.ts';
import type { Moment } from './oracle.ts';
import type { PolicyVersion } from './policies.ts';
import type { TriedServer } from './server.ts';
import type { Stage } from './stage.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** What may be wrong with answers: nothing; the registry cannot be read; it may say what is not so. */
export type Trouble = 'none' | 'unreadable' | 'lied to';

/** A server that is tried, and what is so about it while answers are on their way. */
export interface World {
  readonly stage: Stage;
  readonly server: TriedServer;
  readonly policies: Timeline<PolicyVersion>;
  readonly trouble: Timeline<Trouble>;
  readonly process: Timeline<'up' | 'down'>;
  /** That shares the answers, where it is installed. */
  readonly valkey?: ValkeyServer;
  /** Bodies of 6 MiB that come at the same time; 10 are as much as a server takes. */
  readonly largeBodies: number;
}

export function createWorld(stage: Stage, server: TriedServer, own: Pick<World, 'largeBodies' | 'valkey'>): World {
  return {
    stage,
    server,
    policies: createTimeline(stage.policies.usual),
    trouble: createTimeline<Trouble>('none'),
    process: createTimeline<'up' | 'down'>('up'),
    ...own,
  };
}

/** What could be so at some moment since `sentMs`. */
export function momentSince(world: World, sentMs: number, timeoutMs: number): Moment {
  const troubles = world.trouble.since(sentMs);
  const processes = world.process.since(sentMs);
  return {
    policies: world.policies.since(sentMs),
    isCalm: [...troubles, ...processes].every((each) => each === 'none' || each === 'up'),
    isLiedTo: troubles.includes('lied to'),
    isDown: processes.includes('down'),
    timeoutMs,
  };
}
