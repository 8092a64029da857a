export { needOf } from './auth/access.ts';
export { type Gate, openGate } from './auth/gate.ts';
export { parseHtpasswd } from './auth/htpasswd.ts';
export { type AccessParts, openAccess } from './auth/open-access.ts';
export { ApiError, type ErrorCode, RegistryStartError, type StartErrorCode, show } from './errors.ts';
export { type Answer, send, sendJson } from './http/answer.ts';
export { type ByteRange, parseRange } from './http/byte-range.ts';
export { isNotModified } from './http/conditions.ts';
export { followConnections, type ServerEnd } from './http/connections.ts';
export type { TlsTexts } from './http/listener.ts';
export { parseTarget, type Route } from './http/router.ts';
export { type Serving, type ServingOptions, startServing } from './http/serving.ts';
export {
  type AuthOptions,
  defaultRegistryLimits,
  type RegistryLimits,
  type RegistryOptions,
  type RequestEvent,
  type TokenOptions,
} from './options.ts';
export { type RunningRegistry, startRegistry } from './server.ts';
