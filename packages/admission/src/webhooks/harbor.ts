import * as v from 'valibot';
import { notValid } from '../kubernetes/admission-request.ts';
import { type RegistryEvent, targetOf } from './event.ts';

const text: v.GenericSchema<string> = v.pipe(v.string(), v.maxLength(1024));

interface EventData {
  readonly resources?: readonly unknown[];
  readonly repository?: { readonly repo_full_name?: string };
}

interface HarborEvent {
  readonly type: string;
  readonly event_data?: EventData;
  readonly data?: EventData;
}

const eventData: v.GenericSchema<unknown, EventData> = v.object({
  resources: v.exactOptional(v.array(v.unknown())),
  repository: v.exactOptional(v.object({ repo_full_name: v.exactOptional(text) })),
});

const schema: v.GenericSchema<unknown, HarborEvent> = v.object({
  type: text,
  event_data: v.exactOptional(eventData),
  data: v.exactOptional(eventData),
});

const resourceSchema: v.GenericSchema<
  unknown,
  { readonly resource_url: string; readonly tag?: string; readonly digest?: string }
> = v.object({ resource_url: text, tag: v.exactOptional(text), digest: v.exactOptional(text) });

const actions: ReadonlyMap<string, RegistryEvent['action']> = new Map([
  ['PUSH_ARTIFACT', 'push'],
  ['harbor.artifact.pushed', 'push'],
  ['DELETE_ARTIFACT', 'delete'],
  ['harbor.artifact.deleted', 'delete'],
]);

/**
 * A notification of Harbor, in its own form or as a CloudEvent; what is no push or deletion of an artifact gives nothing.
 * Rule: Harbor, "Configure Webhook Notifications"
 * @throws {AdmissionError} REQUEST_INVALID
 */
export function harborEvents(body: unknown): readonly RegistryEvent[] {
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) throw notValid(parsed.issues[0]);
  const { type, event_data, data } = parsed.output;
  const { resources = [], repository } = event_data ?? data ?? {};
  const action = actions.get(type);
  const name = repository?.repo_full_name;
  if (action === undefined || name === undefined) return [];
  return resources.flatMap((each) => {
    const resource = v.safeParse(resourceSchema, each);
    if (!resource.success) return [];
    const { resource_url: url, tag, digest } = resource.output;
    const [registry = ''] = url.replace(/^https?:\/\//, '').split('/');
    return registry === '' ? [] : [{ action, registry, repository: name, ...targetOf(tag, digest) }];
  });
}
