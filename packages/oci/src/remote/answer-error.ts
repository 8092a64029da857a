import { RegistryError, type RegistryErrorCode } from '../errors.ts';
import { parseJson } from '../json.ts';

const codeOfStatus: ReadonlyMap<number, RegistryErrorCode> = new Map([
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [405, 'UNSUPPORTED'],
  [412, 'CONFLICT'],
  [429, 'THROTTLED'],
]);
const maxText = 200;

/**
 * The error for an answer that is not what was asked for. Of what the registry says, one short piece is quoted, with `secrets` blotted out
 * (a registry may echo what it was sent).
 */
export function answerError(
  answer: { readonly status: number; readonly bytes: Uint8Array },
  what: string,
  secrets: readonly string[] = [],
): RegistryError {
  const { status } = answer;
  const said = quote(answer.bytes, secrets);
  return new RegistryError(errorCode(status), `${what}: HTTP ${status}${said === '' ? '' : `, ${said}`}`, { status });
}

/** The registry's own error code (`MANIFEST_UNKNOWN`, …) in an error body. Rule: distribution-spec 1.1 "Error Codes". */
export function registryCode(bytes: Uint8Array): string | undefined {
  return firstError(bytes)?.code;
}

function errorCode(status: number): RegistryErrorCode {
  const known = codeOfStatus.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return 'SERVER_ERROR';
  return status >= 400 ? 'REFUSED' : 'UNEXPECTED_ANSWER';
}

function quote(bytes: Uint8Array, secrets: readonly string[]): string {
  const error = firstError(bytes);
  if (error === undefined) return '';
  const text = [error.code, error.message].filter((part) => part !== undefined && part !== '').join(': ');
  // Before shortening, so that no half of a secret is left at the cut.
  const clean = secrets.reduce((now, secret) => (secret === '' ? now : now.replaceAll(secret, '***')), text);
  return clean.length > maxText ? `${clean.slice(0, maxText)}…` : clean;
}

function firstError(bytes: Uint8Array): { readonly code?: string; readonly message?: string } | undefined {
  if (bytes.length === 0 || bytes.length > 65_536) return undefined;
  try {
    const body = parseJson(bytes, { allowDuplicateKeys: true });
    const errors = isObject(body) ? body.errors : undefined;
    const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
    if (!isObject(first)) return undefined;
    return {
      ...(typeof first.code === 'string' ? { code: first.code } : {}),
      ...(typeof first.message === 'string' ? { message: first.message } : {}),
    };
  } catch {
    return undefined; // An error page that is no JSON has nothing for us to quote.
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
