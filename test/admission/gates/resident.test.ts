import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { askResident, imageOfCall } from '../../../packages/admission/src/index.ts';
import { parseDigest } from '../../../packages/oci/src/index.ts';
import { tempDir } from '../../support/temp.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const image = `r.example/app:1@${digest}`;
const reference = imageOfCall(
  { name: 'r.example/app:1', digest, stdinMediaType: 'application/vnd.oci.descriptor.v1+json' },
  Buffer.from(JSON.stringify({ mediaType: 'a/b', digest, size: 1 })),
);
const report = {
  version: 1,
  reference: image,
  verdict: 'verified',
  code: 'VERIFIED',
  allowed: true,
  digest,
  rule: 'prod',
  mode: 'enforce',
  summary: 'signed by team',
  findings: [],
};
const answer = (changes: object = {}, result: object = {}) => ({
  allowed: true,
  policy: 'p',
  results: [{ image, report: { ...report, ...changes }, ...result }],
});

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that answers everything with this; its socket. */
async function serving(body: unknown, status = 200): Promise<string> {
  const socket = join(tempDir(), 's');
  server = createServer((request, response) => {
    let asked = '';
    request.on('data', (chunk) => (asked += chunk));
    request.on('end', () => {
      asks.push({ url: request.url ?? '', body: JSON.parse(asked) });
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => void server?.listen(socket, done));
  return socket;
}
const asks: { url: string; body: unknown }[] = [];

const ask = async (socket: string, timeoutMs = 5000) =>
  await askResident(reference, { socket, timeoutMs }).catch((error: { code: string; message: string }) => error);

describe('the resident server', () => {
  it('is asked about the name and the digest, and told how long is waited', async () => {
    const given = await ask(await serving(answer()));
    expect(given).toMatchObject({ verdict: 'verified', allowed: true, rule: 'prod', mode: 'enforce' });
    expect(asks.at(-1)).toEqual({ url: '/v1/verify?timeout=5000ms', body: { images: [image] } });
  });

  it('may say no, and that it could not decide', async () => {
    const denied = answer({ verdict: 'denied', code: 'NO_SIGNATURE', allowed: false });
    expect(await ask(await serving(denied))).toMatchObject({ verdict: 'denied', allowed: false, code: 'NO_SIGNATURE' });
    const { digest: _, ...unresolved } = { ...report, verdict: 'undecided', code: 'UNRESOLVED', allowed: false };
    const undecided = { results: [{ image, report: unresolved }] };
    expect(await ask(await serving(undecided))).toMatchObject({ verdict: 'undecided', allowed: false });
  });

  const other = `sha256:${'b'.repeat(64)}`;
  it.each<readonly [string, unknown]>([
    ['is about another image', answer({}, { image: 'r.example/app:2' })],
    ['has the report of another image', answer({ reference: `r.example/app:2@${digest}` })],
    ['verified another digest', answer({ digest: other })],
    ['does not say what was verified', answer({ digest: undefined })],
    ['has no results', { allowed: true, results: [] }],
    ['has more than one result', { allowed: true, results: [...answer().results, ...answer().results] }],
    ['says yes without a report', { allowed: true, results: [{ image }] }],
    ['has an error in place of a report', { results: [{ image, error: { code: 'REFERENCE_INVALID', message: 'x' } }] }],
    ['says allowed in words', answer({ allowed: 'true' })],
    ['has a verdict that there is not', answer({ verdict: 'ok' })],
    ['is no JSON', 'yes'],
    ['says everything twice', JSON.stringify(answer()).replace('"allowed":true', '"allowed":true,"allowed":true')],
    ['is larger than any report', JSON.stringify({ ...answer(), more: 'x'.repeat(5 * 1024 * 1024) })],
  ])('has failed where its answer %s', async (_why, body) => {
    expect(await ask(await serving(body))).toMatchObject({ code: 'RESIDENT_FAILED' });
  });

  it.each([401, 404, 500, 503, 204, 301])('has failed where it answers with status %i', async (status) => {
    const given = await ask(await serving(status === 204 ? '' : answer(), status));
    expect(given).toMatchObject({ code: 'RESIDENT_FAILED', message: expect.stringContaining(`status ${status}`) });
  });

  it('has failed where nobody listens, and where it is late', async () => {
    expect(await ask(join(tempDir(), 'none'))).toMatchObject({ message: expect.stringContaining('nobody listens') });
    const socket = join(tempDir(), 's');
    server = createServer(() => {}).listen(socket);
    expect(await ask(socket, 50)).toMatchObject({ code: 'RESIDENT_FAILED', message: expect.stringContaining('50 ms') });
    server.closeAllConnections();
  });
});
