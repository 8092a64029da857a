import { decodeBase64, parseJson } from '@signet/oci';
import * as v from 'valibot';
import { AdmissionError } from '../../errors.ts';
import type { ApiRequest } from './named-images.ts';

const schema = v.object({
  RequestMethod: v.pipe(v.string(), v.minLength(1)),
  RequestUri: v.pipe(v.string(), v.minLength(1)),
  RequestBody: v.exactOptional(v.string()),
  RequestHeaders: v.exactOptional(v.record(v.string(), v.string()), {}),
});

/**
 * What the daemon asks. Rule: moby pkg/authorization/api.go, Request (the published documents spell two members otherwise)
 * @throws {AdmissionError} REQUEST_INVALID; {RegistryError} JSON_INVALID
 */
export function parseAuthzRequest(bytes: Uint8Array): ApiRequest {
  const parsed = v.safeParse(schema, parseJson(bytes));
  if (!parsed.success) throw unknownForm();
  const { RequestMethod: method, RequestUri: uri, RequestBody: text, RequestHeaders: headers } = parsed.output;
  if (text === undefined) return { method, uri, headers };
  const body = decodeBase64(text);
  if (body === undefined) throw unknownForm();
  return { method, uri, headers, body };
}

function unknownForm(): AdmissionError {
  return new AdmissionError('REQUEST_INVALID', 'the daemon asks in a form that is not known');
}
