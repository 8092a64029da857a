import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Digest, isDigest } from '@signet/oci';
import type { Grants } from '../auth/access.ts';
import { ApiError, show } from '../errors.ts';
import type { RegistryLimits } from '../options.ts';
import type { Repositories } from '../storage/repositories.ts';
import type { Repository } from '../storage/repository.ts';
import type { Uploads } from '../uploads/uploads.ts';

/** What all requests share. */
export interface Registry {
  readonly repositories: Repositories;
  readonly uploads: Uploads;
  readonly limits: RegistryLimits;
  readonly referrersApi: boolean;
  readonly conditionalWrites: boolean;
}

/** One request with its answer to be. */
export interface Exchange {
  readonly registry: Registry;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly grants: Grants;
}

/** @throws {ApiError} DIGEST_INVALID */
export function digestParameter(text: string | null, name: string): Digest {
  if (text !== null && isDigest(text)) return text;
  const found = text === null ? 'is missing' : `is ${show(text)}`;
  throw new ApiError(400, 'DIGEST_INVALID', `${name} ${found}: wanted sha256:<64 hex digits> or sha512:<128>`);
}

/** @throws {ApiError} NAME_UNKNOWN */
export async function knownRepository(registry: Registry, name: string): Promise<Repository> {
  const repository = await registry.repositories.find(name);
  if (repository === undefined) throw new ApiError(404, 'NAME_UNKNOWN', `no repository ${show(name)}`);
  return repository;
}
