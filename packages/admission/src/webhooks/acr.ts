import { isManifestMediaType } from '@signet/oci';
import * as v from 'valibot';
import { notValid } from '../kubernetes/admission-request.ts';
import { type RegistryEvent, targetOf } from './event.ts';

const text: v.GenericSchema<string> = v.pipe(v.string(), v.maxLength(1024));

interface AcrEvent {
  readonly action: string;
  readonly target?: {
    readonly mediaType?: string;
    readonly repository?: string;
    readonly tag?: string;
    readonly digest?: string;
  };
  readonly request?: { readonly host?: string };
}

const schema: v.GenericSchema<unknown, AcrEvent> = v.object({
  action: text,
  target: v.exactOptional(
    v.object({
      mediaType: v.exactOptional(text),
      repository: v.exactOptional(text),
      tag: v.exactOptional(text),
      digest: v.exactOptional(text),
    }),
  ),
  request: v.exactOptional(v.object({ host: v.exactOptional(text) })),
});

const actions: ReadonlyMap<string, RegistryEvent['action']> = new Map([
  ['push', 'push'],
  ['quarantine', 'push'],
  ['delete', 'delete'],
]);

/**
 * A notification of Azure Container Registry; what is no push or deletion of a manifest (`ping`, `chart_push`, layers) gives nothing.
 * Rule: Azure Container Registry webhook reference
 * @throws {AdmissionError} REQUEST_INVALID
 */
export function acrEvents(body: unknown): readonly RegistryEvent[] {
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) throw notValid(parsed.issues[0]);
  const { action: named, target, request } = parsed.output;
  const action = actions.get(named);
  const registry = request?.host;
  const repository = target?.repository;
  if (action === undefined || registry === undefined || repository === undefined) return [];
  if (target?.mediaType !== undefined && !isManifestMediaType(target.mediaType)) return [];
  return [{ action, registry, repository, ...targetOf(target?.tag, target?.digest) }];
}
