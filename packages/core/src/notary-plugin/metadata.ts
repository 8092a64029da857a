import { PluginError } from '../errors.ts';
import { below, listAt, malformed, objectAt, type Place, shown, stringAt } from '../formats/strict-json.ts';
import {
  type Answer,
  type AskOptions,
  breach,
  configMember,
  contractVersion,
  type PluginProgram,
  readAnswer,
} from './program.ts';

/** What plugins can do, as far as it is known here. Rule: wire-formats 10. */
export type PluginCapability =
  | 'SIGNATURE_GENERATOR.RAW'
  | 'SIGNATURE_GENERATOR.ENVELOPE'
  | 'SIGNATURE_GENERATOR.ENVELOPE_FOR_BLOB'
  | VerifierCapability;

/** What plugins can verify. */
export type VerifierCapability = (typeof verifierCapabilities)[number];

const verifierCapabilities = ['SIGNATURE_VERIFIER.TRUSTED_IDENTITY', 'SIGNATURE_VERIFIER.REVOCATION_CHECK'] as const;

/** Whether a capability that a plugin lists is one of these. */
export function isVerifierCapability(text: string): text is VerifierCapability {
  return verifierCapabilities.some((each) => each === text);
}

/** What a plugin says of itself. */
export interface PluginMetadata {
  /** That of its folder. */
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly url: string;
  readonly supportedContractVersions: readonly string[];
  /** As it lists them: also those that nobody here knows. */
  readonly capabilities: readonly string[];
}

const maxItems = 100;
const maxText = 4096;

/**
 * Asks a plugin who it is: its name is that of its folder, it speaks the contract, it can do something. Rule: wire-formats 10.
 * @throws {PluginError} PLUGIN_CONTRACT; what running it throws
 */
export async function pluginMetadata(
  program: PluginProgram,
  { config, signal }: AskOptions = {},
): Promise<PluginMetadata> {
  const command = 'get-plugin-metadata';
  const bytes = await program.call(command, configMember(config), signal);
  return parsePluginMetadata({ plugin: program.name, command, bytes });
}

/** The answer alone. @throws {PluginError} PLUGIN_CONTRACT */
export function parsePluginMetadata(answer: Answer): PluginMetadata {
  const metadata = readAnswer(answer, toMetadata);
  const { name, supportedContractVersions: versions } = metadata;
  if (name !== answer.plugin) throw breach(answer, `it says that its name is ${shown(name)}`);
  if (!versions.includes(contractVersion))
    throw breach(answer, `it speaks the contract ${versions.map(shown).join(', ')}, here ${contractVersion} is spoken`);
  return metadata;
}

/** @throws {PluginError} PLUGIN_INCAPABLE where it does not say that it can */
export function needCapability({ name, capabilities }: PluginMetadata, capability: PluginCapability): void {
  if (!capabilities.includes(capability))
    throw new PluginError('PLUGIN_INCAPABLE', `the plugin ${name} does not have the capability ${capability}`);
}

function toMetadata(document: unknown, place: Place): PluginMetadata {
  const members = objectAt(document, place);
  const text = (name: string): string => textAt(members[name], below(place, name));
  const texts = (name: string): readonly string[] => textsAt(members[name], below(place, name));
  return {
    name: text('name'),
    description: text('description'),
    version: text('version'),
    url: text('url'),
    supportedContractVersions: texts('supportedContractVersions'),
    capabilities: texts('capabilities'),
  };
}

function textAt(value: unknown, place: Place): string {
  const text = stringAt(value, place);
  if (text.trim() === '' || text.length > maxText) throw malformed(place, `a text of 1 to ${maxText} characters`);
  return text;
}

function textsAt(value: unknown, place: Place): readonly string[] {
  const list = listAt(value, place, maxItems).map((each, at) => textAt(each, below(place, at)));
  if (list.length === 0) throw malformed(place, 'a list that has something in it');
  return list;
}
