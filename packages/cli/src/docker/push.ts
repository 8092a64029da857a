import { formatReference, isDigest, parseRegistryReference } from '@signet/oci';
import { type SignFlags, signAll } from '../commands/sign.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { runDocker } from './run-docker.ts';

/** `1.0: digest: sha256:… size: 1234`, the last line of `docker push`. */
const pushedLine = /^(\S+): digest: (sha256:[0-9a-f]{64}) size: \d+\s*$/gm;

/** Pushes, and signs what was pushed. Rule: signed-tags.md 5.3. @throws {CliError} USAGE, DOCKER_FAILED; what `signet sign` throws */
export async function push(text: string, flags: SignFlags, io: Io): Promise<ExitCode> {
  const reference = parseRegistryReference(text);
  if (reference.digest !== undefined) throw new CliError('USAGE', 'docker pushes a tag: name it without a digest');
  const { dryRun, payloadOut } = flags;
  if (dryRun === true || payloadOut !== undefined)
    throw new CliError('USAGE', 'docker push cannot be tried: --dry-run and --payload-out are options of signet sign');
  const tag = reference.tag ?? 'latest';
  const said = await runDocker(['push', text], io);
  const pushed = [...said.matchAll(pushedLine)].findLast(([, name]) => name === tag)?.[2];
  if (pushed === undefined || !isDigest(pushed))
    throw new CliError('DOCKER_FAILED', `docker push did not say which digest ${tag} is`);
  return await signAll([formatReference({ ...reference, tag, digest: pushed })], flags, io);
}
