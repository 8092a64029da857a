export { type ErrorCode, RegistryStartError, type StartErrorCode } from './errors.ts';
export {
  type AuthOptions,
  defaultRegistryLimits,
  type RegistryLimits,
  type RegistryOptions,
  type RequestEvent,
  type TokenOptions,
} from './options.ts';
export { type RunningRegistry, startRegistry } from './server.ts';
