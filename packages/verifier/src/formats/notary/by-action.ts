import type { Check } from '../../finding.ts';
import type { CheckAction } from '../../policy/x509-trust.ts';

/** A check that failed, or could not be made: under `log` it is told, and keeps nothing from counting. Rule: wire-formats 9.3 */
export function byAction(check: Check, action: CheckAction): Check {
  return action === 'log' && check.result !== 'pass' && check.result !== 'skip' ? { ...check, result: 'warn' } : check;
}
