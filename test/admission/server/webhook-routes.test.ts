import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createJudge,
  createMetrics,
  createPushWatcher,
  type RunningServer,
  startServer,
} from '../../../packages/admission/src/index.ts';
import { createImages } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';
import { acrEvent, distributionEvent, harborCloudEvent, harborEvent } from '../webhooks/notifications.ts';

const secret = 'a-shared-secret-of-registries';
const logger = pino({ level: 'silent' });
const metrics = createMetrics();
const judge = createJudge({ policy: policyOf(testKey('p256'), {}), open: () => createImages().store });
let server: RunningServer;

beforeEach(async () => {
  const watcher = createPushWatcher({ judge, logger });
  server = await startServer({ judge, metrics, logger, watcher, webhookSecrets: ['another-secret-in-use', secret] });
});

afterEach(() => server.close());

async function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${server.url}/webhooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const taken = { status: 202, body: { queued: 1, noted: 0, ignored: 0, dropped: 0 } };

describe('POST /webhooks', () => {
  it.each([
    ['acr', acrEvent({ tag: '1' }), 'application/json; charset=utf-8'],
    ['distribution', distributionEvent({ tag: '1' }), 'application/vnd.docker.distribution.events.v2+json'],
    ['distribution', distributionEvent({ tag: '1' }), 'application/vnd.docker.distribution.events.v1+json'],
    ['harbor', harborEvent({ tag: '1' }), 'application/json'],
    ['harbor', harborCloudEvent({ tag: '1' }), 'application/cloudevents+json; charset=UTF-8'],
  ])('%s: takes its notification (%#)', async (source, body, type) => {
    expect(await post(source, body, { 'content-type': type })).toEqual(taken);
    expect(await metrics.registry.metrics()).toContain(
      `signet_registry_events_total{source="${source}",result="queued"}`,
    );
  });

  it('takes the secret alone too, as Harbor sends it, and each of those in use', async () => {
    expect((await post('harbor', harborEvent(), { authorization: secret })).status).toBe(202);
    expect((await post('acr', acrEvent(), { authorization: 'Bearer another-secret-in-use' })).status).toBe(202);
  });

  it.each(['', 'Bearer', `Bearer ${secret}x`, `Basic ${secret}`, `Bearer ${secret.toUpperCase()}`, 'x'.repeat(5000)])(
    'refuses who does not know the secret (%#)',
    async (authorization) => {
      expect(await post('acr', acrEvent(), { authorization })).toMatchObject({
        status: 401,
        body: { error: { code: 'UNAUTHORIZED' } },
      });
    },
  );

  it('answers 400 to what is no notification, and 415 to another type', async () => {
    for (const source of ['acr', 'distribution', 'harbor']) {
      for (const body of ['{', '[]', '{}', 'null', '"text"'])
        expect(await post(source, body), body).toMatchObject({
          status: 400,
          body: { error: { code: 'REQUEST_INVALID' } },
        });
      expect((await post(source, '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    }
  });

  it('takes the type of a registry at these addresses alone', async () => {
    const type = 'application/cloudevents+json';
    expect((await post('../validate', '{}', { 'content-type': type })).status).toBe(415);
  });

  it('is off without a secret, and as soon as the secrets are taken away', async () => {
    server.useSecrets({ webhookSecrets: [] });
    expect(await post('acr', acrEvent())).toMatchObject({
      status: 401,
      body: { error: { message: expect.stringContaining('no secret for them is configured') } },
    });
    server.useSecrets({ webhookSecrets: ['a-new-secret-for-registries'] });
    expect((await post('acr', acrEvent())).status).toBe(401);
    expect((await post('acr', acrEvent(), { authorization: 'Bearer a-new-secret-for-registries' })).status).toBe(202);
  });

  it('takes no secret that is too short', async () => {
    await expect(startServer({ judge, metrics, logger, webhookSecrets: ['short'] })).rejects.toMatchObject({
      code: 'SERVER_INVALID',
    });
  });
});
