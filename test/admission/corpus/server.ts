import { pino } from 'pino';
import { createJudge, createMetrics, type RunningServer, startServer } from '../../../packages/admission/src/index.ts';
import type { World } from './world.ts';

/** A server that judges by the policy of the corpus; its caller closes it. */
export async function serveWorld({ policy, open, customPaths }: World): Promise<RunningServer> {
  const judge = createJudge({ policy, open });
  return await startServer({ judge, metrics: createMetrics(), logger: pino({ level: 'silent' }), customPaths });
}
