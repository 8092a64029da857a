export { defaultLifetimes, type Lifetimes } from './cache/lifetimes.ts';
export type { SelfSigned, SelfSignedOptions } from './certificate/issue.ts';
export { createSelfSigned } from './certificate/self-signed.ts';
export { AdmissionError, type AdmissionErrorCode } from './errors.ts';
export {
  imageOfCall,
  maxDescriptorBytes,
  type PulledImage,
  parseVerifierCall,
  type VerifierCall,
} from './gates/containerd/verifier-call.ts';
export { type Switch, switches } from './gates/docker/endpoints.ts';
export { type DockerGateOptions, type RunningGate, startDockerGate } from './gates/docker/plugin-server.ts';
export { askResident, type Resident } from './gates/resident.ts';
export { askDaemonInfo, pluginAnswers, serverAnswers } from './gates/status/answers.ts';
export { type ContainerdConfig, type EngineFiles, readContainerdConfig } from './gates/status/containerd-config.ts';
export { type ContainerdFacts, containerdFindings, type VerifierFile } from './gates/status/containerd-corners.ts';
export {
  type DaemonConfig,
  type DockerFacts,
  dockerFindings,
  dockerPluginName,
  parseDaemonConfig,
} from './gates/status/docker-corners.ts';
export { finderFor, type GateFinding, type GateFindingCode } from './gates/status/finding.ts';
export { isNearAddress } from './judge/allowed-hosts.ts';
export { budgetOf, type ReviewDeadline, startReviewDeadline } from './judge/deadline.ts';
export { createJudge, type ImageAnswer, type Judge, type JudgeOptions, type TagsOver } from './judge/judge.ts';
export {
  createJudgeWithLogins,
  type JudgeWithLogins,
  type JudgeWithLoginsOptions,
} from './judge/judge-with-logins.ts';
export type { FoundLogins, Login, Logins } from './judge/logins.ts';
export { isNamedHost, mayConnect } from './judge/named-hosts.ts';
export { openApiDocument } from './openapi/document.ts';
export type { ProxySecrets } from './proxy/access.ts';
export { type ContentCache, openContentCache } from './proxy/content-cache.ts';
export { type ProxyOptions, type RunningProxy, startProxy } from './proxy/proxy.ts';
export { createUpstreams, parseUpstream, type Upstream, type Upstreams } from './proxy/upstreams.ts';
export { accountFolder } from './pull-secrets/cluster-account.ts';
export { type ClusterApi, type ClusterApiOptions, createClusterApi } from './pull-secrets/cluster-api.ts';
export {
  type Asker,
  createPullSecrets,
  type PullSecrets,
  type PullSecretsOptions,
} from './pull-secrets/pull-secrets.ts';
export { createFileStates, type FileStates } from './reload/file-states.ts';
export { type Watched, type WatchOptions, watchFiles } from './reload/watched.ts';
export {
  type GateCode,
  type Outcome,
  type OutcomeCode,
  outcomeOf,
  outcomeOfPinned,
  type Pinning,
  type ReportForGate,
} from './review/outcome.ts';
export { reviewImages } from './review/review.ts';
export { type PlacedOutcome, refusalMessage, type Where, warningsOf } from './review/texts.ts';
export { defaultTimeouts, type Timeouts } from './server/context.ts';
export { createLogger, type Logger, type LogLevel, logLevels } from './server/logger.ts';
export { createMetrics, type Metrics } from './server/metrics.ts';
export {
  type RunningServer,
  type ServerOptions,
  type ServerSecrets,
  startServer,
  type TlsMaterial,
} from './server/server.ts';
export { openValkey } from './shared/open-valkey.ts';
export {
  createSharedAnswers,
  type Look,
  type SharedAnswers,
  type SharedOperation,
  type SharedOptions,
  type SharedQuestion,
  type SharedResult,
} from './shared/shared-answers.ts';
export type { SharedStore } from './shared/shared-store.ts';
export type { ValkeyAddress, ValkeyOptions } from './shared/valkey-store.ts';
export { type WebhookSource, webhookSources } from './webhooks/event.ts';
export { createNotifier, type Notifier, type NotifierOptions } from './webhooks/notifier.ts';
export {
  createPushSigner,
  type ImageToSign,
  type PushSignerOptions,
  type PushSignResult,
} from './webhooks/push-signer.ts';
export { createPushWatcher, type PushWatcher, type WatcherOptions } from './webhooks/push-watcher.ts';
export { rulesMetBy, unruled } from './webhooks/self-met.ts';
