import type { ServerSecrets } from '@signet/admission';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import { readCaFile, readCertificatePair } from '../tls-files.ts';
import type { ServeFlags } from './flags.ts';

export type { ServerSecrets };

/** Certificate, client CA, tokens and the secrets of registries. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function readServerSecrets(flags: ServeFlags): Promise<ServerSecrets> {
  const { tlsCert, tlsKey, clientCa, tokenFile, webhookSecretFile } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new CliError('USAGE', '--tls-cert and --tls-key belong together: one of them is missing');
  if (clientCa !== undefined && tlsCert === undefined)
    throw new CliError('USAGE', '--client-ca needs a certificate of the server: --tls-cert and --tls-key');
  const tokens = {
    ...(tokenFile === undefined ? {} : { tokens: await readTokens(tokenFile) }),
    ...(webhookSecretFile === undefined ? {} : { webhookSecrets: await readTokens(webhookSecretFile) }),
  };
  if (tlsCert === undefined || tlsKey === undefined) return tokens;
  const pair = await readCertificatePair(tlsCert, tlsKey);
  const ca = clientCa === undefined ? {} : { clientCa: await readCaFile(clientCa) };
  return { ...tokens, tls: { ...pair, ...ca } };
}

/** One a line, `#` before what is none. @throws {CliError} FILE_UNREADABLE */
export async function readTokens(path: string): Promise<readonly string[]> {
  const text = Buffer.from(await readInputFile(path)).toString('utf8');
  const tokens = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (tokens.length === 0) throw new CliError('FILE_UNREADABLE', `${path} holds no token`);
  const bad = tokens.findIndex((token) => !/^[\w.~+/=-]{16,4096}$/.test(token));
  if (bad === -1) return tokens;
  const message = `${path}: token ${bad + 1} is not 16 to 4096 letters, digits and . _ ~ + / = -`;
  throw new CliError('FILE_UNREADABLE', message);
}
