import { EnvelopeError, PluginError } from '../errors.ts';
import { type Place, parseDocument } from '../formats/strict-json.ts';
import type { PluginCommand } from './command.ts';
import type { PluginPlace } from './plugin-name.ts';
import { type RunPluginOptions, runPlugin } from './run-plugin.ts';

/** Settings for a plugin, as `--plugin-config` and `signingkeys.json` have them. */
export type PluginConfig = Readonly<Record<string, string>>;

/** A plugin that can be asked. What comes back is not looked at yet. */
export interface PluginProgram {
  readonly name: string;
  /** @throws {PluginError} as {@link runPlugin} */
  call(command: PluginCommand, request: unknown, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Beside what a request is about. */
export interface AskOptions {
  readonly config?: PluginConfig;
  readonly signal?: AbortSignal;
}

/** The one version of the contract that is spoken here. */
export const contractVersion = '1.0';
/** An envelope of 4 MiB in base64, and more: of a larger answer nothing is of use, and reading it takes seconds and gigabytes. */
const maxBytes: number = 8 * 1024 * 1024;

/** A plugin as a process for each question. */
export function pluginProgram(place: PluginPlace, options: Omit<RunPluginOptions, 'signal'>): PluginProgram {
  return {
    name: place.name,
    call: (command, request, signal) =>
      runPlugin(place, command, { request, ...options, ...(signal === undefined ? {} : { signal }) }),
  };
}

/** The member of a request with the settings; none where there are none. */
export function configMember(config: PluginConfig = {}): { readonly pluginConfig?: PluginConfig } {
  return Object.keys(config).length === 0 ? {} : { pluginConfig: config };
}

/** Who answered what: for messages. */
export interface Answer {
  readonly plugin: string;
  readonly command: PluginCommand;
  readonly bytes: Uint8Array;
}

/**
 * Reads an answer: strict JSON, to which members that nobody knows may belong. Rule: wire-formats 1.3, 10.
 * @throws {PluginError} PLUGIN_CONTRACT for whatever `read` finds malformed
 */
export function readAnswer<T>(answer: Answer, read: (document: unknown, place: Place) => T): T {
  const place: Place = { path: 'its answer', code: 'ENVELOPE_MALFORMED' };
  try {
    return read(parseDocument(answer.bytes, { place, maxBytes }), place);
  } catch (cause) {
    if (!(cause instanceof EnvelopeError)) throw cause;
    throw breach(answer, cause.message, cause);
  }
}

/** The error for an answer that the contract does not allow. */
export function breach({ plugin, command }: Omit<Answer, 'bytes'>, why: string, cause?: unknown): PluginError {
  return new PluginError('PLUGIN_CONTRACT', `the plugin ${plugin} breaks its contract: ${command}: ${why}`, { cause });
}
