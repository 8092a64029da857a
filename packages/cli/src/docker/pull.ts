import { formatReference, parseRegistryReference } from '@signet/oci';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { outputOptions, writeJson } from '../options/output.ts';
import { type ResolveFlags, resolve } from '../resolve/resolve.ts';
import { letDocker } from './run-docker.ts';

/** Verifies, pulls by digest, tags. Rule: signed-tags.md 5.3. @throws {CliError} DOCKER_FAILED; what `signet resolve` throws */
export async function pull(text: string, flags: ResolveFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { digest, ...reference } = parseRegistryReference(text);
  let resolved: string | undefined;
  const code = await resolve([text], flags, io, (image) => {
    resolved = image.resolved;
  });
  if (code !== EXIT.ok || resolved === undefined) return code;
  await letDocker(['pull', resolved], io);
  // What was asked for by its digest alone has no other name.
  const tag = reference.tag ?? (digest === undefined ? 'latest' : undefined);
  const name = tag === undefined ? undefined : formatReference({ ...reference, tag });
  if (name !== undefined) await letDocker(['tag', resolved, name], io);
  if (output.json) writeJson(io, { version: 1, pulled: resolved, ...(name === undefined ? {} : { tagged: name }) });
  else io.stdout.write(`${resolved}\n`);
  return EXIT.ok;
}
