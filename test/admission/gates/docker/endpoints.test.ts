import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../../../packages/admission/src/gates/docker/endpoints.ts';

const kindOf = (method: string, path: string): string => {
  const endpoint = endpointOf(method, path);
  return endpoint.kind === 'switched' ? endpoint.by : endpoint.kind;
};

/** Every changing route of Docker 28.5 (moby v28.5.2, api/server/router), and what becomes of it. */
const routes: readonly (readonly [string, string])[] = [
  ['POST /build', 'build'],
  ['POST /build/prune', 'open'],
  ['POST /build/cancel', 'open'],
  ['POST /session', 'build'],
  ['POST /grpc', 'build'],
  ['POST /containers/c/checkpoints', 'unknown'],
  ['DELETE /containers/c/checkpoints/k', 'open'],
  ['POST /containers/create', 'create'],
  ...[
    'kill',
    'pause',
    'unpause',
    'restart',
    'start',
    'stop',
    'wait',
    'resize',
    'attach',
    'exec',
    'rename',
    'update',
  ].map((verb) => [`POST /containers/c/${verb}`, 'open'] as const),
  ['POST /containers/prune', 'open'],
  ['POST /exec/e/start', 'open'],
  ['POST /exec/e/resize', 'open'],
  ['POST /commit', 'commit'],
  ['PUT /containers/c/archive', 'open'],
  ['DELETE /containers/c', 'open'],
  ['POST /images/load', 'load'],
  ['POST /images/create', 'pull'],
  ['POST /images/r.example/app/push', 'open'],
  ['POST /images/r.example/app/tag', 'tag'],
  ['POST /images/prune', 'open'],
  ['DELETE /images/r.example/app:1', 'open'],
  ['POST /networks/create', 'open'],
  ['POST /networks/n/connect', 'open'],
  ['POST /networks/n/disconnect', 'open'],
  ['POST /networks/prune', 'open'],
  ['DELETE /networks/n', 'open'],
  ['DELETE /plugins/p', 'open'],
  ['POST /plugins/p/enable', 'plugins'],
  ['POST /plugins/p/disable', 'open'],
  ['POST /plugins/pull', 'plugins'],
  ['POST /plugins/p/push', 'open'],
  ['POST /plugins/p/upgrade', 'plugins'],
  ['POST /plugins/p/set', 'plugins'],
  ['POST /plugins/create', 'plugins'],
  ['POST /swarm/init', 'swarm'],
  ['POST /swarm/join', 'swarm'],
  ['POST /swarm/leave', 'open'],
  ['POST /swarm/update', 'swarm'],
  ['POST /swarm/unlock', 'swarm'],
  ['POST /services/create', 'service'],
  ['POST /services/s/update', 'service'],
  ['DELETE /services/s', 'open'],
  ['DELETE /nodes/n', 'open'],
  ['POST /nodes/n/update', 'swarm'],
  ['POST /secrets/create', 'open'],
  ['DELETE /secrets/s', 'open'],
  ['POST /secrets/s/update', 'open'],
  ['POST /configs/create', 'open'],
  ['DELETE /configs/c', 'open'],
  ['POST /configs/c/update', 'open'],
  ['POST /auth', 'open'],
  ['POST /volumes/create', 'open'],
  ['POST /volumes/prune', 'open'],
  ['PUT /volumes/v', 'open'],
  ['DELETE /volumes/v', 'open'],
];

describe('requests to the daemon', () => {
  it.each(routes)('%s: %s', (request, kind) => {
    const [method = '', path = ''] = request.split(' ');
    expect(kindOf(method, path)).toBe(kind);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('%s reads, whatever it is for', (method) => {
    for (const path of ['/images/json', '/containers/c/attach/ws', '/_ping', '/anything'])
      expect(kindOf(method, path)).toBe('open');
  });

  it.each([
    'POST /images/create/',
    'POST /Images/Create',
    'POST /images/imports',
    'POST /containers/c/create',
    'POST /services/a/b/update',
    'POST /',
    'PUT /images/x',
    'PATCH /containers/create',
    'CONNECT /images/create',
    'post /auth',
    'TRACE /auth',
    'DELETE /swarm',
    'constructor /auth',
  ])('%s is not known, and closed', (request) => {
    const [method = '', path = ''] = request.split(' ');
    expect(kindOf(method, path)).toBe('unknown');
  });

  it('are told apart by their end, as the daemon does', () => {
    expect(kindOf('POST', '/images/load/push')).toBe('open');
    expect(kindOf('POST', '/images/x/push/tag')).toBe('tag');
    expect(kindOf('POST', '/images/x/tag/push')).toBe('open');
    expect(kindOf('POST', '/services/create/update')).toBe('service');
  });

  it('changing ones are open only where the table says so, and none takes long', () => {
    const long = fc.integer({ min: 1, max: 5000 }).map((count) => '/tag'.repeat(count));
    fc.assert(
      fc.property(fc.constantFrom('POST', 'PUT', 'DELETE', 'PATCH'), fc.oneof(fc.string(), long), (method, text) => {
        expect(['open', 'switched', 'pull', 'create', 'service']).toContain(endpointOf(method, `/${text}`).kind);
        expect(endpointOf('POST', `/images${text}/tag`)).not.toEqual({ kind: 'open' });
      }),
    );
  });
});
