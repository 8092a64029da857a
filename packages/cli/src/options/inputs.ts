import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import { collect } from './duration.ts';

/** What {@link addInputOptions} produces. */
export interface InputFlags {
  readonly imagePath?: readonly string[];
  readonly buildArg?: readonly string[];
}

/** `--image-path` and `--build-arg`, for commands that read `-f`. */
export function addInputOptions(command: Command): Command {
  return addImagePathOption(command).option(
    '--build-arg <name=value>',
    "value of a Dockerfile's ARG, as docker build takes it (NAME: from the environment); repeatable",
    collect,
  );
}

/** `--image-path`, for whatever reads Kubernetes objects. */
export function addImagePathOption(command: Command): Command {
  return command.option(
    '--image-path <kind=path>',
    'where a kind holds images: GROUP/VERSION/Kind=JSONPATH (* for any version; KIND= for none); repeatable',
    collect,
  );
}

/** Given without `-f` they would be passed over in silence. @throws {CliError} USAGE */
export function refuseInputFlags({ imagePath, buildArg }: InputFlags): void {
  const name = imagePath !== undefined ? '--image-path' : buildArg !== undefined ? '--build-arg' : undefined;
  if (name !== undefined) throw new CliError('USAGE', `${name} is for files that -f names, which is missing`);
}
