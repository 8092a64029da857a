import type { ProxySecrets } from '@signet/admission';
import { readInputFile } from '../files.ts';
import { readServerSecrets, readTokens } from '../serve/server-secrets.ts';
import type { ProxyFlags } from './flags.ts';

/** Certificate, client CA, accounts and tokens. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function readProxySecrets(flags: ProxyFlags): Promise<ProxySecrets> {
  const { htpasswd, metricsTokenFile } = flags;
  const { tls } = await readServerSecrets(flags);
  return {
    ...(tls === undefined ? {} : { tls }),
    ...(htpasswd === undefined ? {} : { htpasswd: Buffer.from(await readInputFile(htpasswd)).toString('utf8') }),
    ...(metricsTokenFile === undefined ? {} : { metricsTokens: await readTokens(metricsTokenFile) }),
  };
}

/** The files that they are of. */
export function secretFiles({ tlsCert, tlsKey, clientCa, htpasswd, metricsTokenFile }: ProxyFlags): readonly string[] {
  return [tlsCert, tlsKey, clientCa, htpasswd, metricsTokenFile].filter((file) => file !== undefined);
}
