{{- define "labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Of a pod: the user of the images, and what the restricted profile of Kubernetes demands. */}}
{{- define "podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What the API, its migration and the check of its model read. */}}
{{- define "environment" -}}
- configMapRef: {name: {{ .Release.Name }}}
{{- if .Values.api.existingSecret }}
- secretRef: {name: {{ .Values.api.existingSecret }}}
{{- end }}
{{- end }}

{{/* A setting as the text of an environment variable: whole numbers without an exponent, lists and mappings as JSON. */}}
{{- define "text" -}}
{{- if or (kindIs "map" .) (kindIs "slice" .) }}{{ toJson . | quote }}
{{- else if and (kindIs "float64" .) (eq . (floor .)) }}{{ int64 . | quote }}
{{- else }}{{ toString . | quote }}
{{- end }}
{{- end }}

{{- define "pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: models, mountPath: /data/models{{ if .Values.model.existingClaim }}, readOnly: true{{ end }}}
{{- end }}
