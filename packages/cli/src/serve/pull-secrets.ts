import {
  accountFolder,
  createClusterApi,
  createPullSecrets,
  type Logger,
  type Metrics,
  type PullSecrets,
} from '@signet/admission';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { ServeFlags } from './flags.ts';

/** The pull secrets of the cluster, where they are used, and its connections, which its owner closes. */
export interface OpenedPullSecrets {
  readonly pullSecrets?: PullSecrets;
  close(): Promise<void>;
}

/** What is told of them. */
interface Telling {
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** @throws {CliError} USAGE outside of a pod; {AdmissionError} CLUSTER_API_FAILED for a service account that cannot be read */
export async function openPullSecrets(
  { pullSecrets, serviceAccountDir }: ServeFlags,
  { env }: Pick<Io, 'env'>,
  { metrics, logger }: Telling,
): Promise<OpenedPullSecrets> {
  if (pullSecrets !== true) {
    if (serviceAccountDir === undefined) return { close: async () => {} };
    throw new CliError('USAGE', '--service-account-dir is for --pull-secrets, which is missing');
  }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined || host === '' || port === undefined || port === '')
    throw new CliError('USAGE', '--pull-secrets asks the Kubernetes API, which only a pod can', {
      hint: 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
    });
  const folder = serviceAccountDir ?? accountFolder;
  const api = createClusterApi({ host, port, folder, onRequest: metrics.clusterRequest });
  await api.check();
  const onFailed = (what: object): void => logger.warn(what, 'a pull secret cannot be read');
  return { pullSecrets: createPullSecrets({ api, onFailed }), close: () => api.close() };
}
