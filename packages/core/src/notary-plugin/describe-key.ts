import { below, objectAt, shown, stringAt } from '../formats/strict-json.ts';
import { type NotaryAlgorithm, notaryAlgorithms } from '../notary/algorithms.ts';
import {
  type Answer,
  type AskOptions,
  breach,
  configMember,
  contractVersion,
  type PluginProgram,
  readAnswer,
} from './program.ts';

/**
 * Asks a plugin what kind of key that is: gives the one algorithm that the key signs with. Rule: wire-formats 8.4, 10.
 * @throws {PluginError} PLUGIN_CONTRACT for another key or a kind that nobody signs with; what running it throws
 */
export async function describeKey(
  program: PluginProgram,
  keyId: string,
  { config, signal }: AskOptions = {},
): Promise<NotaryAlgorithm> {
  const command = 'describe-key';
  const bytes = await program.call(command, { contractVersion, keyId, ...configMember(config) }, signal);
  return parseKeyDescription({ plugin: program.name, command, bytes }, keyId);
}

/** The answer alone. @throws {PluginError} PLUGIN_CONTRACT */
export function parseKeyDescription(answer: Answer, keyId: string): NotaryAlgorithm {
  const { told, keySpec } = readAnswer(answer, (document, place) => {
    const members = objectAt(document, place);
    return {
      told: stringAt(members.keyId, below(place, 'keyId')),
      keySpec: stringAt(members.keySpec, below(place, 'keySpec')),
    };
  });
  checkKeyId(answer, told, keyId);
  const algorithm = notaryAlgorithms.find((each) => each.keySpec === keySpec);
  if (algorithm === undefined) throw breach(answer, `a key of kind ${shown(keySpec)} signs nothing here`);
  return algorithm;
}

/** @throws {PluginError} PLUGIN_CONTRACT */
export function checkKeyId(answer: Omit<Answer, 'bytes'>, told: string, asked: string): void {
  if (told !== asked) throw breach(answer, `asked for the key ${shown(asked)}, it answers for ${shown(told)}`);
}
