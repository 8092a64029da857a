import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AdmissionError } from '../errors.ts';

/** Where Kubernetes puts what a pod's service account is made of. Rule: Kubernetes, "Accessing the Kubernetes API from a Pod" */
export const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Who the server is to the Kubernetes API, and by which certificates it knows the API. */
export interface ClusterAccount {
  readonly token: string;
  /** PEM. */
  readonly ca: string;
}

const maxTokenBytes = 64 * 1024;
const maxCaBytes = 1024 * 1024;

/** Reads both anew each time: the kubelet replaces them while the pod runs. @throws {AdmissionError} CLUSTER_API_FAILED */
export async function readClusterAccount(folder: string): Promise<ClusterAccount> {
  const [token, ca] = await Promise.all([
    readText(join(folder, 'token'), maxTokenBytes),
    readText(join(folder, 'ca.crt'), maxCaBytes),
  ]);
  // Without what was read: it is what nobody may see.
  if (!/^[\x21-\x7e]+$/.test(token)) throw failed(`${join(folder, 'token')} holds no token`);
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw failed(`${join(folder, 'ca.crt')} holds no certificate`);
  return { token, ca };
}

async function readText(path: string, maxBytes: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(maxBytes + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > maxBytes) throw failed(`${path} is larger than ${maxBytes} bytes`);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof AdmissionError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it failed';
    throw failed(`${path} cannot be read: ${reason}`, cause);
  }
}

function failed(message: string, cause?: unknown): AdmissionError {
  return new AdmissionError('CLUSTER_API_FAILED', message, cause === undefined ? undefined : { cause });
}
