import { type TestRegistry, untilAnswering } from './docker-registry.ts';
import { needPeer } from './peer-paths.ts';
import { startProcess } from './process.ts';

/**
 * Starts crane's registry (referrers API, no ETag, no deletion of blobs; kept in memory) on a free loopback port.
 * @throws {HarnessError} when it is not installed or does not come up.
 */
export async function startCraneRegistry(): Promise<TestRegistry> {
  const args = ['registry', 'serve', '--address', '127.0.0.1:0'];
  const server = await startProcess(needPeer('crane'), args, { ready: /serving on port (\d+)/ });
  const host = `127.0.0.1:${server.match[1] ?? ''}`;
  await untilAnswering(`http://${host}/v2/`);
  return { host, url: `http://${host}`, stop: () => server.stop() };
}
