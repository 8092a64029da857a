import { type CustomPaths, checkCustomPaths, type ReadOptions } from '@signet/workloads';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { InputFlags } from '../options/inputs.ts';

/** What of an input's meaning is not in the input. */
export type Reading = Pick<ReadOptions, 'customPaths' | 'buildArgs' | 'env'>;

/** How the flags say that inputs are read. @throws {CliError} USAGE; {WorkloadError} WORKLOAD_PATH_INVALID */
export function parseReading({ imagePath = [], buildArg = [] }: InputFlags, { env }: Pick<Io, 'env'>): Reading {
  return { customPaths: parseImagePaths(imagePath), buildArgs: valuesByName(buildArg, env), env };
}

/** The values of `--image-path`. @throws {CliError} USAGE; {WorkloadError} WORKLOAD_PATH_INVALID */
export function parseImagePaths(texts: readonly string[]): CustomPaths {
  const paths = new Map<string, string[]>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1)
      throw new CliError('USAGE', `--image-path ${text}: GROUP/VERSION/Kind=JSONPATH is wanted`, {
        hint: "such as 'example.com/v1/App=$.spec.image'",
      });
    const [kind, path] = [text.slice(0, at), text.slice(at + 1)];
    const known = paths.get(kind) ?? [];
    paths.set(kind, path === '' ? known : [...known, path]);
  }
  const customPaths = Object.fromEntries(paths);
  checkCustomPaths(customPaths);
  return customPaths;
}

function valuesByName(texts: readonly string[], env: Io['env']): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = at === -1 ? text : text.slice(0, at);
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new CliError('USAGE', `--build-arg ${text}: NAME=VALUE is wanted`);
    if (values.has(name)) throw new CliError('USAGE', `--build-arg ${name} is given twice`);
    const value = at === -1 ? env[name] : text.slice(at + 1);
    if (value === undefined)
      throw new CliError('USAGE', `--build-arg ${name}: the environment has no such variable`, {
        hint: 'give it a value: --build-arg NAME=VALUE',
      });
    values.set(name, value);
  }
  return Object.fromEntries(values);
}
