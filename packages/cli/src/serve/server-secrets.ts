import type { FileStates, Logger, RunningServer, ServerSecrets } from '@signet/admission';
import { CliError } from '../errors.ts';
import { readInputFile } from '../files.ts';
import type { AccessFlags, WebhookFlags } from '../options/serving.ts';
import { readCaFile, readCertificatePair } from '../tls-files.ts';
import { reasonOf } from './open-judge.ts';

export type { ServerSecrets };

/** The flags that name them. */
export type SecretFlags = Pick<AccessFlags, 'tlsCert' | 'tlsKey' | 'clientCa' | 'tokenFile'> &
  Pick<WebhookFlags, 'webhookSecretFile'>;

/**
 * Certificate, client CA, tokens and the secrets of registries. `own`: a certificate that is in no file.
 * @throws {CliError} FILE_UNREADABLE, USAGE
 */
export async function readServerSecrets(flags: SecretFlags, own?: OwnCertificate): Promise<ServerSecrets> {
  const parts = await Promise.all(partsOf(flags, own).map((read) => read()));
  return Object.assign({}, ...parts);
}

interface OwnCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Each by itself: one that is broken must not keep a token that was taken away. */
function partsOf(
  flags: SecretFlags,
  own: OwnCertificate | undefined,
): readonly (() => Promise<Partial<ServerSecrets>>)[] {
  const { tokenFile, webhookSecretFile } = flags;
  return [
    () => readTls(flags, own),
    async () => (tokenFile === undefined ? {} : { tokens: await readTokens(tokenFile) }),
    async () => (webhookSecretFile === undefined ? {} : { webhookSecrets: await readTokens(webhookSecretFile) }),
  ];
}

async function readTls(
  { tlsCert, tlsKey, clientCa }: SecretFlags,
  own: OwnCertificate | undefined,
): Promise<Pick<ServerSecrets, 'tls'>> {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new CliError('USAGE', '--tls-cert and --tls-key belong together: one of them is missing');
  if (clientCa !== undefined && tlsCert === undefined && own === undefined)
    throw new CliError('USAGE', '--client-ca needs a certificate of the server: --tls-cert and --tls-key');
  const pair = tlsCert === undefined || tlsKey === undefined ? own : await readCertificatePair(tlsCert, tlsKey);
  if (pair === undefined) return {};
  const { cert, key } = pair;
  const ca = clientCa === undefined ? {} : { clientCa: await readCaFile(clientCa) };
  return { tls: { cert, key, ...ca } };
}

/** What is told of certificate and tokens that changed. */
export interface SecretUse {
  readonly flags: SecretFlags;
  readonly own?: OwnCertificate | undefined;
  readonly logger: Logger;
  readonly server: RunningServer | undefined;
  /** Those in use: changed here. */
  readonly inUse: { secrets: ServerSecrets };
}

/** Takes those of the files into use where they are good, else keeps those before, loudly. Never rejects. */
export async function useSecretsOf({ flags, own, logger, server, inUse }: SecretUse, read: FileStates): Promise<void> {
  const { tlsCert, tlsKey, clientCa, tokenFile, webhookSecretFile } = flags;
  for (const file of [tlsCert, tlsKey, clientCa, tokenFile, webhookSecretFile]) if (file !== undefined) read.note(file);
  for (const part of partsOf(flags, own)) {
    try {
      const secrets = { ...inUse.secrets, ...(await part()) };
      server?.useSecrets(secrets);
      inUse.secrets = secrets;
    } catch (error) {
      logger.error({ reason: reasonOf(error) }, 'certificate or tokens are broken: those before are kept');
    }
  }
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
