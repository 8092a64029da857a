import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { FastifyReply } from 'fastify';

/** Who may use what is not meant for everybody. */
export interface AccessOptions {
  /** SHA-256 of the bearer tokens that are taken. */
  readonly tokenHashes: readonly Buffer[];
  /** SHA-256 of the secrets that registries show with their notifications. */
  readonly webhookHashes: readonly Buffer[];
  /** Client certificates are asked for, and one that the given CA issued opens what a token does. */
  readonly hasClientCa: boolean;
  /** Everything but health checks wants a client certificate. */
  readonly needsClientCert: boolean;
  /** Nobody but this machine can connect. */
  readonly isLoopback: boolean;
}

/** SHA-256 of a token, as {@link AccessOptions} has it. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Whether the TLS client showed a certificate that the server's client CA issued. */
export function hasClientCertificate({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket && socket.authorized;
}

/** Whether a request may read what is not meant for everybody: from this machine alone, by certificate or by token. */
export function isPrivileged(
  request: IncomingMessage,
  { isLoopback, hasClientCa, tokenHashes }: AccessOptions,
): boolean {
  if (isLoopback && tokenHashes.length === 0) return true;
  if (hasClientCa && hasClientCertificate(request)) return true;
  const [, token] = /^Bearer ([\w.~+/=-]{1,4096})$/i.exec(request.headers.authorization ?? '') ?? [];
  return token !== undefined && isAmong(tokenHashes, token);
}

/** The answer to who may not. */
export async function refuse(
  reply: FastifyReply,
  message = 'a client certificate or a bearer token is needed',
): Promise<FastifyReply> {
  const error = { code: 'UNAUTHORIZED', message };
  return await reply.code(401).header('www-authenticate', 'Bearer').send({ error });
}

/** Whether the sender knows the secret of a registry's notifications: `Authorization: Bearer SECRET`, or the secret alone, as Harbor sends it. */
export function isRegistry({ headers }: IncomingMessage, { webhookHashes }: AccessOptions): boolean {
  const [, secret] = /^(?:Bearer )?([\w.~+/=-]{1,4096})$/i.exec(headers.authorization ?? '') ?? [];
  return secret !== undefined && isAmong(webhookHashes, secret);
}

/** All are compared, each in constant time: how long it takes says nothing about them. */
function isAmong(hashes: readonly Buffer[], token: string): boolean {
  const given = hashToken(token);
  return hashes.map((hash) => timingSafeEqual(hash, given)).includes(true);
}
