import type { ServerResponse } from 'node:http';
import { parsePublicKey } from '@signet/core';
import { createRegistryClient, MEDIA_TYPE_INDEX, parseReference } from '@signet/oci';
import { renderReport, ruleForKeys, toJsonText, toReportJson, verify } from '@signet/verifier';
import { afterEach, describe, expect, it } from 'vitest';
import { listingOf, pathOf } from '../support/hostile-content.ts';
import { type SeenRequest, startHostileRegistry } from '../support/hostile-registry.ts';
import { type Scenario, scenarios, startScenario } from './hostile-scenarios.ts';

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

async function run(scenario: Scenario) {
  const world = await startScenario(scenario);
  const client = createRegistryClient({ retries: { maxAttempts: 2, baseMs: 1, maxMs: 2 } });
  left.push(() => client.close(), world.server.stop);
  const reference = parseReference(`${world.server.host}/app:1`);
  const { timeoutMs } = scenario;
  const report = await verify(reference, {
    rule: ruleForKeys({ keys: [await parsePublicKey(Buffer.from(world.signer.pem))] }),
    source: client.repository({ registry: world.server.host, repository: 'app' }),
    ...(timeoutMs === undefined ? {} : { limits: { totalMs: timeoutMs } }),
    atMs: 0,
  });
  return { world, report };
}

describe('a registry that lies', () => {
  it.each(scenarios.map((scenario) => [scenario.title, scenario] as const))('%s', async (_, scenario) => {
    const { report } = await run(scenario);
    expect({ verdict: report.verdict, code: report.code }).toEqual({ verdict: scenario.verdict, code: scenario.code });
    const gaps = report.gaps.map(({ code }) => code);
    if (scenario.gap === undefined) expect(report.verdict === 'verified' ? [] : gaps).toEqual([]);
    else expect(gaps).toContain(scenario.gap);
    const text = `${renderReport(report, { verbose: true })}${toJsonText(toReportJson(report))}`;
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});

describe('credentials', () => {
  const secret = 'p4ssw0rd-of-the-user';
  const basic = `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`;

  /** A registry that wants Basic credentials, whose envelopes are answered by `blobs`; verified with the user's credentials. */
  async function ask(lie: NonNullable<Scenario['lie']>) {
    const world = await startScenario({ title: '', verdict: 'verified', code: 'VERIFIED', lie });
    const credentials = { get: async () => ({ kind: 'basic', username: 'user', password: secret }) as const };
    const client = createRegistryClient({ credentials, retries: { maxAttempts: 1 } });
    left.push(() => client.close(), world.server.stop);
    const report = await verify(parseReference(`${world.server.host}/app:1`), {
      rule: ruleForKeys({ keys: [await parsePublicKey(Buffer.from(world.signer.pem))] }),
      source: client.repository({ registry: world.server.host, repository: 'app' }),
      atMs: 0,
    });
    expect(toJsonText(toReportJson(report))).not.toContain(secret);
    return { world, report };
  }

  async function other(answer: (request: SeenRequest, response: ServerResponse) => void) {
    const server = await startHostileRegistry(answer);
    left.push(server.stop);
    return server;
  }

  const challenge = (response: ServerResponse, text: string) =>
    response.writeHead(401, { 'www-authenticate': text }).end();

  it('do not follow a redirect to another host; what came from there still counts', async () => {
    let blob: Uint8Array = Buffer.alloc(0);
    const store = await other((_, response) => response.end(blob));
    const { world, report } = await ask((request, response, { content }) => {
      if (request.headers.authorization === undefined) challenge(response, 'Basic realm="registry"');
      else if (pathOf(request).startsWith('blobs/')) {
        blob = content.get(pathOf(request))?.bytes ?? blob;
        response.writeHead(307, { location: `${store.url}/elsewhere` }).end();
      } else return false;
      return true;
    });
    expect(report.verdict).toBe('verified');
    expect(world.server.seen.some(({ headers }) => headers.authorization === basic)).toBe(true);
    expect(store.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('are not sent to a token realm on another origin: undecided', async () => {
    const realm = await other((_, response) => response.writeHead(401).end());
    const { report } = await ask((_, response) => {
      challenge(response, `Bearer realm="${realm.url}/token",service="s",scope="repository:app:pull"`);
      return true;
    });
    expect(report).toMatchObject({ verdict: 'undecided', code: 'UNRESOLVED', gaps: [{ code: 'UNAUTHORIZED' }] });
    expect(realm.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(JSON.stringify(realm.seen)).not.toContain(secret);
  });

  it('are not sent to where a page of the listing leads', async () => {
    const next = await other((_, response) => response.end('{}'));
    const { report } = await ask((request, response) => {
      if (request.headers.authorization === undefined) challenge(response, 'Basic realm="registry"');
      else if (pathOf(request).startsWith('referrers/'))
        response
          .writeHead(200, { 'content-type': MEDIA_TYPE_INDEX, link: `<${next.url}/v2/app/x>; rel="next"` })
          .end(listingOf([]));
      else return false;
      return true;
    });
    expect(report).toMatchObject({ verdict: 'undecided', code: 'INCOMPLETE' });
    expect(next.seen).toEqual([]);
  });
});
