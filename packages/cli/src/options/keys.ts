import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import { collect } from './duration.ts';

/** Whether the published sample keys are let through. */
export interface ExampleKeyFlags {
  readonly allowExampleKeys?: boolean;
}

/** What {@link addSigningKeyOptions} produces. */
export interface SigningKeyFlags extends ExampleKeyFlags {
  readonly key?: string;
  readonly passwordFile?: string;
}

/** `--key` and `--password-file`, for commands that sign. */
export function addSigningKeyOptions(command: Command): Command {
  return command
    .optionsGroup('Key:')
    .option('-k, --key <file>', 'private key: PKCS#8, cosign, SEC1, PKCS#1 or JWK (- for standard input)')
    .option(
      '--password-file <file>',
      'file with the password of the key (else SIGNET_PASSWORD, COSIGN_PASSWORD, a prompt)',
    )
    .option('--allow-example-keys', exampleKeyText);
}

/** The same warning wherever the sample keys may be let in. */
export const exampleKeyText: string = 'DANGER: take the published sample keys too, which everybody has; for tests';

/** What {@link addTrustedKeyOptions} produces. */
export interface TrustedKeyFlags extends ExampleKeyFlags {
  readonly key?: readonly string[];
}

/** `--key`, for commands that verify. May be given several times: any of them suffices. */
export function addTrustedKeyOptions(command: Command): Command {
  return command
    .optionsGroup('Trust:')
    .option(
      '-k, --key <file>',
      'public key: PEM, cosign .pub, JWK, JWKS, OpenSSH; repeatable, any of them suffices',
      collect,
    )
    .option('--allow-example-keys', exampleKeyText);
}

/** What {@link addPublicKeyOption} produces. */
export interface PublicKeyFlags extends ExampleKeyFlags {
  readonly key?: string;
}

/** `--key`, for commands that are told whose signature they have. */
export function addPublicKeyOption(command: Command): Command {
  return command
    .optionsGroup('Key:')
    .option('-k, --key <file>', 'public key of the signer: PEM, cosign .pub, JWK, OpenSSH')
    .option('--allow-example-keys', exampleKeyText);
}

/** `--annotation k=v`, repeatable. */
export function addAnnotationOption(command: Command, description: string): Command {
  return command.option('-a, --annotation <key=value>', description, collect);
}

/** What {@link addUserMetadataOption} produces. */
export interface UserMetadataFlags {
  readonly userMetadata?: readonly string[];
}

/** `--user-metadata k=v`, repeatable: what the Notary Project calls annotations that are signed, and notation its option. */
export function addUserMetadataOption(command: Command, description: string): Command {
  return command.option('-m, --user-metadata <key=value>', description, collect);
}

/** What the two options together say: they are one thing under two names. */
export interface SignedTextFlags extends UserMetadataFlags {
  readonly annotation?: readonly string[];
}

/** `k=v` texts as a map. @throws {CliError} USAGE */
export function parseAnnotationFlags({
  annotation = [],
  userMetadata = [],
}: SignedTextFlags): Readonly<Record<string, string>> {
  const annotations = new Map<string, string>();
  const texts = [
    ...annotation.map((text) => ['--annotation', text] as const),
    ...userMetadata.map((text) => ['--user-metadata', text] as const),
  ];
  for (const [option, text] of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new CliError('USAGE', `${option} ${text}: KEY=VALUE is wanted`);
    const key = text.slice(0, at);
    if (annotations.has(key)) throw new CliError('USAGE', `${option} ${key} is given twice`);
    annotations.set(key, text.slice(at + 1));
  }
  return Object.fromEntries(annotations);
}
