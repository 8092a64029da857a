// Not in npm run check: waits for proxies.

import { inspect } from 'node:util';
import { type ClientOptions, createRegistryClient, type Descriptor, digestOf, type Store } from '@signet/oci';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isLoopbackHost, matchesNoProxy, proxyFor } from '../../../packages/oci/src/remote/proxy.ts';
import { type ForwardProxy, type ForwardProxyOptions, startForwardProxy } from '../../support/forward-proxy.ts';
import { type HostileTls, startHostileRegistry } from '../../support/hostile-registry.ts';
import { createTestCa } from '../../support/tls.ts';
import { codeOf } from '../code-of.ts';

function caughtFrom(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

const url = (text: string): URL => new URL(text);

describe('proxyFor', () => {
  const env = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://tls:2', NO_PROXY: 'inside.example' };

  const find = (address: string, from: Record<string, string>): string | undefined =>
    proxyFor(url(address), from)?.href;

  it('goes by scheme, lower case first, and leaves out what NO_PROXY names', () => {
    expect(find('http://r.example', env)).toBe('http://plain:1/');
    expect(find('https://r.example', env)).toBe('http://tls:2/');
    expect(find('https://r.example', { ...env, https_proxy: 'lower:3' })).toBe('http://lower:3/');
    expect(find('https://r.inside.example', env)).toBeUndefined();
    expect(find('https://r.inside.example', { ...env, no_proxy: 'other' })).toBe('http://tls:2/');
    expect(find('https://r.example', {})).toBeUndefined();
    expect(find('https://r.example', { HTTPS_PROXY: ' ' })).toBeUndefined();
  });

  it('says what is wrong with a setting without quoting it', () => {
    for (const setting of ['socks5://u:secret@p:1', 'ftp://u:secret@p', 'http://u:secret@[p', 'http://']) {
      const error = caughtFrom(() => find('https://r.example', { HTTPS_PROXY: setting }));
      expect(error).toMatchObject({ code: 'UNREACHABLE' });
      expect(String(error)).not.toContain('secret');
    }
  });

  it('never sends loopback through a proxy', () => {
    for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'localhost.'])
      expect(find(`http://${host}:5000`, env)).toBeUndefined();
    for (const host of ['127.0.0.1.example', 'localhost.example', '128.0.0.1', '[::2]'])
      expect(isLoopbackHost(url(`http://${host}`).hostname)).toBe(false);
  });

  it('ignores HTTP_PROXY where a request header could have set it', () => {
    expect(find('http://r.example', { ...env, REQUEST_METHOD: 'GET' })).toBeUndefined();
    expect(find('http://r.example', { http_proxy: 'p:1', REQUEST_METHOD: 'GET' })).toBe('http://p:1/');
  });
});

describe('matchesNoProxy', () => {
  it.each([
    ['*', 'https://r.example', true],
    ['r.example', 'https://r.example', true],
    ['r.example', 'https://sub.r.example', true],
    ['r.example', 'https://other.example', false],
    ['r.example', 'https://bar.example', false],
    ['example', 'https://notexample', false],
    ['.r.example', 'https://r.example', false],
    ['.r.example', 'https://sub.r.example', true],
    ['*.r.example', 'https://sub.r.example', true],
    ['*.r.example', 'https://r.example', false],
    ['R.EXAMPLE', 'https://r.example', true],
    ['r.example.', 'https://r.example', true],
    ['r.example:443', 'https://r.example', true],
    ['r.example:443', 'https://r.example:5000', false],
    ['r.example:80', 'http://r.example', true],
    ['a, b ,r.example', 'https://r.example', true],
    ['a b r.example', 'https://r.example', true],
    ['10.0.0.1', 'https://10.0.0.1:5000', true],
    ['10.0.0.1', 'https://10.0.0.11', false],
    ['0.0.1', 'https://10.0.0.1', false],
    ['10.0.0.0/8', 'https://10.200.0.1', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['10.0.0.0/0', 'https://11.0.0.1', true],
    ['10.0.0.0/33', 'https://10.0.0.1', false],
    ['10.0.0.0/x', 'https://10.0.0.1', false],
    ['10.0.0.0/8', 'https://r10.example', false],
    ['fd00::/8', 'https://[fd12:3456::1]', true],
    ['fd00::/8', 'https://[fe12:3456::1]', false],
    ['fd00::1', 'https://[fd00:0::1]:5000', true],
    ['[fd00::1]:5000', 'https://[fd00::1]:5000', true],
    ['[fd00::1]:5001', 'https://[fd00::1]:5000', false],
    ['10.0.0.0/8', 'https://[fd00::1]', false],
    ['', 'https://r.example', false],
    [',, ,', 'https://r.example', false],
    ['/8', 'https://10.0.0.1', false],
    [':443', 'https://r.example', false],
  ])('%j and %s: %s', (list, address, matches) => {
    expect(matchesNoProxy(url(address), list)).toBe(matches);
  });

  it('never throws, and a block holds exactly the addresses that share its first bits', () => {
    fc.assert(fc.property(fc.string(), (list) => typeof matchesNoProxy(url('https://r.example'), list) === 'boolean'));
    const address = fc.ipV4();
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (one, other, bits) => {
        const number = (text: string): bigint =>
          text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(Number(part)), 0n);
        const shares = number(one) >> BigInt(32 - bits) === number(other) >> BigInt(32 - bits);
        expect(matchesNoProxy(url(`http://${one}`), `${other}/${bits}`)).toBe(shares);
      }),
    );
  });
});

describe('through a proxy', () => {
  const blob = Buffer.from('through the proxy');
  const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length };
  const left: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of left.splice(0)) await end();
  });

  interface World {
    readonly proxy: ForwardProxy;
    readonly store: Store;
  }

  /** A registry `registry.test` that can be reached through the proxy alone. */
  async function world(
    { login, ...proxyOptions }: Omit<ForwardProxyOptions, 'routes'> & { readonly login?: string },
    { tls, env = {}, ...options }: ClientOptions & { readonly tls?: HostileTls } = {},
  ): Promise<World> {
    const registry = await startHostileRegistry((_, response) => response.end(blob), tls);
    const routes = { 'registry.test:80': registry.host, 'registry.test:443': registry.host };
    const proxy = await startForwardProxy({ ...proxyOptions, routes });
    const right = proxyOptions.password === undefined ? '' : `${proxyOptions.password.replaceAll('%', '%25')}@`;
    const at = proxy.url.replace('http://', `http://${login ?? right}`);
    const client = createRegistryClient({
      env: { HTTP_PROXY: at, HTTPS_PROXY: at, ...env },
      retries: { maxAttempts: 1 },
      plainHttp: tls === undefined,
      ...options,
    });
    left.push(() => client.close(), proxy.stop, registry.stop);
    return { proxy, store: client.repository({ registry: 'registry.test', repository: 'a/b' }) };
  }
  const certificate = async (hosts = ['registry.test']): Promise<{ tls: HostileTls; ca: string }> => {
    const ca = await createTestCa();
    left.push(ca.remove);
    return { tls: await ca.issue({ hosts }), ca: ca.ca };
  };

  it('a plain registry is asked for by its whole address, no tunnel', async () => {
    const { proxy, store } = await world({});
    expect(Buffer.from(await store.fetch(target))).toEqual(blob);
    expect(proxy.asks).toEqual([{ method: 'GET', target: `http://registry.test/v2/a/b/blobs/${target.digest}` }]);
  });

  it('a TLS registry is tunnelled to, and its certificate is checked by its own name', async () => {
    const { tls, ca } = await certificate();
    const { proxy, store } = await world({}, { tls, ca });
    expect(Buffer.from(await store.fetch(target))).toEqual(blob);
    expect(proxy.asks).toEqual([{ method: 'CONNECT', target: 'registry.test:443' }]);
    const other = await certificate(['other.test']);
    expect(await codeOf((await world({}, other)).store.fetch(target))).toBe('UNREACHABLE');
    const untrusted = await world({}, { tls, ca: other.ca });
    expect(await codeOf(untrusted.store.fetch(target))).toBe('UNREACHABLE');
  });

  it('a password for the proxy goes to the proxy alone', async () => {
    const { tls, ca } = await certificate();
    const password = 'proxy user:p%ss';
    const expected = `Basic ${Buffer.from(password).toString('base64')}`;
    for (const options of [{}, { tls, ca }]) {
      const { proxy, store } = await world({ password }, options);
      expect(await codeOf(store.fetch(target))).toBe('resolved');
      expect(proxy.asks.map(({ authorization }) => authorization)).toEqual([expected]);
    }
  });

  it('a proxy that refuses, is silent or is not there is an error without its password', async () => {
    const { tls, ca } = await certificate();
    const gone = 'http://user:pass-word@127.0.0.1:1';
    const worlds: readonly (readonly [World, string, RegExp])[] = [
      [await world({ refusal: 403 }, { tls, ca }), 'UNREACHABLE', /proxy makes no connection \(HTTP 403\)/],
      [await world({ password: 'u:right', login: 'u:pass-word@' }, { tls, ca }), 'UNREACHABLE', /HTTP 407/],
      [await world({ password: 'u:right', login: 'u:pass-word@' }), 'UNREACHABLE', /HTTP 407/],
      [await world({ refusal: 'silence' }, { tls, ca, timeouts: { totalMs: 300 } }), 'TIMEOUT', /registry.test/],
      [await world({ refusal: 'silence' }, { tls, ca, timeouts: { connectMs: 300 } }), 'TIMEOUT', /time limit/],
      [await world({}, { tls, ca, env: { HTTPS_PROXY: gone } }), 'UNREACHABLE', /ECONNREFUSED/],
      [await world({}, { env: { HTTP_PROXY: gone } }), 'UNREACHABLE', /ECONNREFUSED/],
      [await world({}, { tls, ca, env: { HTTPS_PROXY: 'socks5://u:pass-word@p' } }), 'UNREACHABLE', /HTTP proxy/],
    ];
    for (const [{ store }, code, why] of worlds) {
      const error = await store.fetch(target).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code, message: expect.stringMatching(why) });
      expect(inspect(error, { depth: 9 })).not.toContain('pass-word');
    }
  });

  it('a host that NO_PROXY names is not looked for there', async () => {
    const registry = await startHostileRegistry((_, response) => response.end(blob));
    const proxy = await startForwardProxy({ routes: {} });
    // This machine by a name that is not loopback's.
    const host = registry.host.replace('127.0.0.1', '0.0.0.0');
    for (const [list, code] of [
      ['other.test', 'SERVER_ERROR'],
      [`other.test,${host}`, 'resolved'],
    ] as const) {
      const env = { HTTP_PROXY: proxy.url, NO_PROXY: list };
      const client = createRegistryClient({ env, plainHttp: true, retries: { maxAttempts: 1 } });
      expect(await codeOf(client.repository({ registry: host, repository: 'a/b' }).fetch(target))).toBe(code);
      await client.close();
    }
    expect(proxy.asks).toHaveLength(1);
    await Promise.all([proxy.stop(), registry.stop()]);
  });
});
