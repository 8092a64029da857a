import { MEDIA_TYPE_MANIFEST } from '@signet/oci';

/** What is pushed. */
export interface Pushed {
  readonly tag?: string;
  readonly digest?: string;
  readonly mediaType?: string;
  readonly repository?: string;
  readonly url?: string;
}

const sizes = { size: 524, length: 524 };

/** What tests change of it. */
export interface AcrEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly action: string;
  readonly target: Pushed;
  readonly request: object;
}

/** As Azure Container Registry sends it. */
export function acrEvent({ repository = 'app', mediaType = MEDIA_TYPE_MANIFEST, ...pushed }: Pushed = {}): AcrEvent {
  return {
    id: 'cb8c3971-9adc-488b-bdd8-43cbb4974ff5',
    timestamp: '2026-11-17T16:52:01.343145347Z',
    action: 'push',
    target: { mediaType, repository, ...pushed, ...sizes },
    request: {
      id: '3cbb6949-7549-4fa1-86cd-a6d5451dffc7',
      host: 'r.example',
      method: 'PUT',
      useragent: 'docker/28.0.0',
    },
  };
}

/** As CNCF Distribution sends it. */
export function distributionEvent(
  {
    url = 'https://r.example:5000/v2/app/manifests/1',
    mediaType = MEDIA_TYPE_MANIFEST,
    repository = 'app',
    ...pushed
  }: Pushed = {},
  action = 'push',
): { readonly events: readonly object[] } {
  const event = {
    id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
    timestamp: '2026-11-17T16:52:01.343145347Z',
    action,
    target: { mediaType, size: 524, length: 524, repository, url, ...pushed },
    request: { id: '6df24a34', addr: '10.0.0.7:51234', host: 'internal:5000', method: 'PUT', useragent: 'crane' },
    actor: { name: 'ci' },
    source: { addr: 'registry-0:5000', instanceID: 'a53db899' },
  };
  return { events: [event] };
}

/** As Harbor sends it in its own form. */
export function harborEvent({ tag = 'latest', digest, repository = 'team/app' }: Pushed = {}): {
  readonly type: string;
  readonly occur_at: number;
  readonly operator: string;
  readonly event_data: object;
} {
  return {
    type: 'PUSH_ARTIFACT',
    occur_at: 1680501893,
    operator: 'ci',
    event_data: harborData(repository, tag, digest),
  };
}

/** As Harbor sends it as a CloudEvent. */
export function harborCloudEvent({ tag = 'latest', digest, repository = 'team/app' }: Pushed = {}): object {
  return {
    specversion: '1.0',
    id: '66e18103-09c1-41f6-982f-37df223f3eeb',
    requestid: '51c0b694-0168-4f3c-b0db-282565455d7b',
    source: '/projects/2/webhook/policies/15',
    type: 'harbor.artifact.pushed',
    datacontenttype: 'application/json',
    time: '2026-11-17T16:52:01Z',
    data: harborData(repository, tag, digest),
    operator: 'ci',
  };
}

function harborData(repository: string, tag: string, digest: string | undefined): object {
  const [namespace, name] = repository.split('/');
  const at = tag === digest ? `@${digest}` : `:${tag}`;
  return {
    resources: [
      { tag, resource_url: `harbor.example/${repository}${at}`, ...(digest === undefined ? {} : { digest }) },
    ],
    repository: { date_created: 1680501893, name, namespace, repo_full_name: repository, repo_type: 'private' },
  };
}
