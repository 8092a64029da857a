import { PolicyError } from '@signet/verifier';
import type { PolicyInput } from './model.ts';

/** The one file that such a policy is. @throws {PolicyError} POLICY_INVALID */
export function onlyInput(inputs: readonly PolicyInput[]): PolicyInput {
  const [only, ...more] = inputs;
  if (only === undefined || more.length > 0)
    throw new PolicyError('POLICY_INVALID', `this kind of policy is one file: ${inputs.length} were given`);
  return only;
}
