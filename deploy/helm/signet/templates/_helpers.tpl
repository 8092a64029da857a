{{- define "signet.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "signet.selector" -}}
app.kubernetes.io/name: signet
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "signet.labels" -}}
{{ include "signet.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Its pods are none of the service. */}}
{{- define "signet.publisherSelector" -}}
app.kubernetes.io/name: signet-publisher
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "signet.publisherLabels" -}}
{{ include "signet.publisherSelector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Where the policy and its keys come from. */}}
{{- define "signet.policyVolume" -}}
{{- if .Values.policy.existingSecret -}}
secret:
  secretName: {{ .Values.policy.existingSecret }}
  defaultMode: 0440
{{- else -}}
configMap:
  name: {{ .Values.policy.existingConfigMap | default (printf "%s-policy" (include "signet.name" .)) }}
{{- end -}}
{{- end -}}

{{/* Names, and these ports anywhere but where the values forbid it. */}}
{{- define "signet.egress" -}}
- ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
- ports:
    {{- range uniq .ports }}
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        {{- with .root.Values.networkPolicy.egressExcept }}
        except: {{ toJson . }}
        {{- end }}
    - ipBlock:
        cidr: ::/0
        except: ["fe80::/10"]
{{- end -}}

{{/* The name by which API servers and Gatekeeper reach it. */}}
{{- define "signet.host" -}}
{{ include "signet.name" . }}.{{ .Release.Namespace }}.svc
{{- end -}}

{{- define "signet.tlsSecret" -}}
{{- if eq .Values.certificates.mode "existingSecret" -}}
{{- required "certificates.existingSecret.name is missing" .Values.certificates.existingSecret.name -}}
{{- else -}}
{{- include "signet.name" . }}-tls
{{- end -}}
{{- end -}}

{{/* One certificate for all templates of a release, the one that is there already where there is one: caBundle, crt, key, each in base64. */}}
{{- define "signet.generated" -}}
{{- if not (hasKey .Release "signetGenerated") -}}
{{- $there := lookup "v1" "Secret" .Release.Namespace (include "signet.tlsSecret" .) -}}
{{- if and $there (hasKey $there.data "ca.crt") -}}
{{- $_ := set .Release "signetGenerated" (dict "ca" (index $there.data "ca.crt") "crt" (index $there.data "tls.crt") "key" (index $there.data "tls.key")) -}}
{{- else -}}
{{- $host := include "signet.host" . -}}
{{- $ca := genCA (printf "%s-ca" (include "signet.name" .)) 365 -}}
{{- $cert := genSignedCert $host nil (list $host (printf "%s.cluster.local" $host)) 365 $ca -}}
{{- $_ := set .Release "signetGenerated" (dict "ca" (b64enc $ca.Cert) "crt" (b64enc $cert.Cert) "key" (b64enc $cert.Key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Base64 of PEM; empty where cert-manager writes it. */}}
{{- define "signet.caBundle" -}}
{{- if eq .Values.certificates.mode "existingSecret" -}}
{{- required "certificates.existingSecret.caBundle is missing: base64 of the PEM certificates that issued the certificate" .Values.certificates.existingSecret.caBundle -}}
{{- else if eq .Values.certificates.mode "generated" -}}
{{- include "signet.generated" . -}}
{{- .Release.signetGenerated.ca -}}
{{- end -}}
{{- end -}}

{{- define "signet.clientConfig" -}}
clientConfig:
  service:
    name: {{ include "signet.name" .root }}
    namespace: {{ .root.Release.Namespace }}
    port: 443
    path: {{ .path }}
  {{- with include "signet.caBundle" .root }}
  caBundle: {{ . }}
  {{- end }}
{{- end -}}

{{/* cert-manager writes the CA into the webhook configuration. */}}
{{- define "signet.injection" -}}
{{- if eq .Values.certificates.mode "certManager" }}
  annotations:
    cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "signet.name" . }}
{{- end -}}
{{- end -}}

{{/* What both webhooks share: everything that names images, and no exemption by a label that users can set. */}}
{{- define "signet.webhook" -}}
admissionReviewVersions: [v1]
sideEffects: None
failurePolicy: Fail
matchPolicy: Equivalent
timeoutSeconds: {{ .Values.webhooks.timeoutSeconds }}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values:
        {{- range prepend .Values.webhooks.exemptNamespaces .Release.Namespace | uniq }}
        - {{ . | quote }}
        {{- end }}
matchConditions:
  # Deletion must come to its end, whoever answers: an update of what Kubernetes is deleting is not asked about while it changes nothing but
  # metadata (its finalizers) and status. The server itself decides in the same way, by the images.
  - name: not-the-end-of-a-deletion
    expression: >-
      request.operation != 'UPDATE' || !has(oldObject.metadata.deletionTimestamp) ||
      !object.all(key, key in ['metadata', 'status'] || (key in oldObject && object[key] == oldObject[key]))
rules:
  - apiGroups: [""]
    apiVersions: ["*"]
    operations: [CREATE, UPDATE]
    resources: [pods, pods/ephemeralcontainers, podtemplates, replicationcontrollers]
    scope: Namespaced
  - apiGroups: [apps, extensions]
    apiVersions: ["*"]
    operations: [CREATE, UPDATE]
    resources: [deployments, replicasets, statefulsets, daemonsets]
    scope: Namespaced
  - apiGroups: [batch]
    apiVersions: ["*"]
    operations: [CREATE, UPDATE]
    resources: [jobs, cronjobs]
    scope: Namespaced
  {{- range .Values.webhooks.customResources }}
  - apiGroups: [{{ .group | quote }}]
    apiVersions: ["*"]
    operations: [CREATE, UPDATE]
    resources: {{ .resources | toJson }}
    scope: "*"
  {{- end }}
{{- end -}}

{{/* What the schema of the values cannot say. */}}
{{- define "signet.check" -}}
{{- $given := 0 -}}
{{- if .Values.policy.files }}{{ $given = add1 $given }}{{ end -}}
{{- if .Values.policy.existingConfigMap }}{{ $given = add1 $given }}{{ end -}}
{{- if .Values.policy.existingSecret }}{{ $given = add1 $given }}{{ end -}}
{{- if ne (int $given) 1 -}}
{{- fail "a policy is needed: one of policy.files, policy.existingConfigMap and policy.existingSecret" -}}
{{- end -}}
{{- if and .Values.policy.files (not (hasKey .Values.policy.files "policy.yaml")) -}}
{{- fail "policy.files holds no policy.yaml" -}}
{{- end -}}
{{- if not (or .Values.webhooks.validate .Values.webhooks.mutate .Values.gatekeeper.enabled) -}}
{{- fail "nobody would ask: switch on webhooks.validate or gatekeeper.enabled" -}}
{{- end -}}
{{- if and .Values.webhooks.mutate (not .Values.webhooks.validate) -}}
{{- fail "webhooks.mutate alone lets in what another webhook changes after it: webhooks.validate must be on too" -}}
{{- end -}}
{{- if and .Values.clientCa.required (not .Values.clientCa.existingSecret) -}}
{{- fail "clientCa.required needs clientCa.existingSecret" -}}
{{- end -}}
{{- if and .Values.valkey.url (not .Values.valkey.existingSecret) -}}
{{- fail "valkey.url needs valkey.existingSecret: answers are sealed by its entry secret" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.tokens.existingSecret) -}}
{{- fail "serviceMonitor.enabled needs tokens.existingSecret: /metrics asks for a token" -}}
{{- end -}}
{{- with .Values.publisher -}}
{{- if .enabled -}}
{{- if and (not .repositories) (not .namespace) -}}
{{- fail "publisher.enabled needs publisher.repositories or publisher.namespace: whose catalogues to sign anew" -}}
{{- end -}}
{{- if not .catalogueKey.existingSecret -}}
{{- fail "publisher.enabled needs publisher.catalogueKey.existingSecret: a secret with the entry catalogue.key" -}}
{{- end -}}
{{- if not .state.existingClaim -}}
{{- fail "publisher.enabled needs publisher.state.existingClaim: without what it remembers it would sign an older catalogue that is shown to it" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (ge (int .Values.podDisruptionBudget.minAvailable) (int .Values.replicas)) -}}
{{- fail "podDisruptionBudget.minAvailable must be less than replicas: else no node can be drained" -}}
{{- end -}}
{{- end -}}
