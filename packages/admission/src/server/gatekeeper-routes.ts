import type { FastifyInstance } from 'fastify';
import { answerProvider, parseProviderRequest } from '../gatekeeper/provider.ts';
import { type ServerContext, tell, withDeadline } from './context.ts';

/** `POST /gatekeeper/verify` and `/gatekeeper/mutate`, and the paths under which Ratify answers the same. */
export function gatekeeperRoutes(app: FastifyInstance, context: ServerContext): void {
  const { judge, timeouts, now } = context;
  for (const kind of ['verify', 'mutate'] as const) {
    const timeoutMs = kind === 'verify' ? timeouts.gatekeeperVerifyMs : timeouts.gatekeeperMutateMs;
    for (const path of [`/gatekeeper/${kind}`, `/ratify/gatekeeper/v1/${kind}`]) {
      app.post(path, async (request) => {
        const keys = parseProviderRequest(request.body);
        const { answer, outcomes } = await withDeadline(request, timeoutMs, (deadline) =>
          answerProvider(keys, kind, { judge, deadline, atMs: now(), traceId: request.id }),
        );
        tell(context, request, { endpoint: `gatekeeper-${kind}`, outcomes });
        return answer;
      });
    }
  }
}
