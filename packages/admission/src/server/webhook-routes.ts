import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acrEvents } from '../webhooks/acr.ts';
import { distributionEvents } from '../webhooks/distribution.ts';
import { type RegistryEvent, type WebhookSource, webhookSources } from '../webhooks/event.ts';
import { harborEvents } from '../webhooks/harbor.ts';
import type { EventResult, PushWatcher } from '../webhooks/push-watcher.ts';
import { isRegistry, refuse } from './access.ts';
import type { ServerContext } from './context.ts';
import { jsonParser } from './json-body.ts';

const parsers: Readonly<Record<WebhookSource, (body: unknown) => readonly RegistryEvent[]>> = {
  acr: acrEvents,
  distribution: distributionEvents,
  harbor: harborEvents,
};

/** How CNCF Distribution and Harbor's CloudEvents name their JSON. */
const otherJson = /^application\/(?:vnd\.docker\.distribution\.events\.v[12]|cloudevents)\+json/;

/** `POST /webhooks/acr`, `/webhooks/distribution`, `/webhooks/harbor`: answered at once; what follows is done later. */
export function webhookRoutes(app: FastifyInstance, context: ServerContext, watcher: PushWatcher | undefined): void {
  void app.register(async (scope) => {
    scope.addContentTypeParser(otherJson, { parseAs: 'buffer' }, jsonParser);
    for (const source of webhookSources) {
      scope.post(`/webhooks/${source}`, {
        onRequest: (request, reply) => refuseStrangers(request, reply, context, watcher),
        handler: async (request, reply) => {
          const results = parsers[source](request.body).map((event) => take(source, event, context, watcher));
          const counts = countsOf(results);
          request.log[counts.dropped > 0 ? 'warn' : 'debug']({ endpoint: `webhook-${source}`, ...counts }, 'notified');
          return await reply.code(202).send(counts);
        },
      });
    }
  });
}

/** Before the body is read. */
async function refuseStrangers(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { access }: ServerContext,
  watcher: PushWatcher | undefined,
): Promise<void> {
  const isOff = watcher === undefined || access.webhookHashes.length === 0;
  if (!isOff && isRegistry(raw, access)) return;
  const message = isOff
    ? 'notifications of registries are refused: no secret for them is configured'
    : 'the shared secret is needed: Authorization: Bearer SECRET';
  await refuse(reply, message);
}

function take(
  source: WebhookSource,
  event: RegistryEvent,
  { metrics }: ServerContext,
  watcher: PushWatcher | undefined,
): EventResult {
  const result = watcher?.take(source, event) ?? 'ignored';
  metrics.registryEvent(source, result);
  return result;
}

function countsOf(results: readonly EventResult[]): Readonly<Record<EventResult, number>> {
  const count = (wanted: EventResult): number => results.filter((result) => result === wanted).length;
  return { queued: count('queued'), noted: count('noted'), ignored: count('ignored'), dropped: count('dropped') };
}
