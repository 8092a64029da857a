import {
  createSharedAnswers,
  isNearAddress,
  type Logger,
  type Metrics,
  openValkey,
  type SharedAnswers,
  type ValkeyOptions,
} from '@signet/admission';
import { CliError } from '../errors.ts';
import { readPasswordFile } from '../password.ts';
import { readCaFile } from '../tls-files.ts';
import { version } from '../version.ts';
import type { ServeFlags } from './flags.ts';
import { reasonOf } from './open-judge.ts';
import { readTokens } from './server-secrets.ts';
import { type NamedValkey, parseValkey } from './valkey-address.ts';

/** What is told of them. */
interface Telling {
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** A secret that is guessed lets whoever reaches the store make answers. */
const minSecret = 32;

/** The answers that servers share, where they do. @throws {CliError} USAGE, FILE_UNREADABLE */
export async function openSharedAnswers(
  flags: ServeFlags,
  { metrics, logger }: Telling,
): Promise<{ readonly shared?: SharedAnswers }> {
  const { valkey, valkeySecretFile: secretFile, valkeyPasswordFile, valkeyCaFile } = flags;
  if (valkey === undefined) {
    if (secretFile === undefined && valkeyPasswordFile === undefined && valkeyCaFile === undefined) return {};
    throw new CliError('USAGE', '--valkey-… are for --valkey, which is missing');
  }
  const named = parseValkey(valkey);
  if (secretFile === undefined)
    throw new CliError('USAGE', '--valkey needs the secret by which servers know their own answers', {
      hint: '--valkey-secret-file FILE, the same for all of them and nowhere else (openssl rand -hex 32)',
    });
  const secret = await readSecret(secretFile);
  const options = await connectionOf(named, flags);
  if (isInTheClear(named, options))
    logger.warn({ valkey: named.address }, 'the password of Valkey goes over the network in the clear: use valkeys://');
  const store = await openValkey({ ...options, onError: tellOnce(logger) });
  const shared = createSharedAnswers({
    store,
    secret,
    version,
    onResult: metrics.shared,
    onChange(isLeftAlone) {
      if (isLeftAlone) logger.warn('Valkey does not answer in time, and is left alone for a while');
      else logger.info('Valkey answers again');
    },
  });
  return { shared };
}

async function readSecret(path: string): Promise<string> {
  const [secret, ...others] = await readTokens(path);
  if (secret === undefined || others.length > 0)
    throw new CliError('FILE_UNREADABLE', `${path} holds more than one secret: answers are sealed with one`);
  if (secret.length >= minSecret) return secret;
  throw new CliError('FILE_UNREADABLE', `${path}: the secret has fewer than ${minSecret} characters`);
}

async function connectionOf(
  { address, user }: NamedValkey,
  { valkeyPasswordFile, valkeyCaFile, valkeyTimeout: answerMs }: ServeFlags,
): Promise<ValkeyOptions> {
  const usesTls = address.kind === 'tcp' && address.usesTls;
  if (valkeyCaFile !== undefined && !usesTls)
    throw new CliError('USAGE', '--valkey-ca-file is for TLS', { hint: 'say valkeys:// in --valkey' });
  if (user !== undefined && valkeyPasswordFile === undefined)
    throw new CliError('USAGE', '--valkey names a user: its password is needed', {
      hint: '--valkey-password-file FILE',
    });
  return {
    address,
    answerMs,
    ...(user === undefined ? {} : { user }),
    ...(valkeyPasswordFile === undefined ? {} : { password: await readPasswordFile(valkeyPasswordFile) }),
    ...(valkeyCaFile === undefined ? {} : { ca: await readCaFile(valkeyCaFile) }),
  };
}

function isInTheClear({ address }: NamedValkey, { password }: ValkeyOptions): boolean {
  return password !== undefined && address.kind === 'tcp' && !address.usesTls && !isNearAddress(address.host);
}

/** A server that is down is tried again and again: the log tells it once, until it is another reason. */
function tellOnce(logger: Logger): (error: Error) => void {
  let told: string | undefined;
  return (error) => {
    const reason = reasonOf(error);
    if (reason === told) return;
    told = reason;
    logger.warn({ reason }, 'the connection to Valkey failed: it is tried again');
  };
}
