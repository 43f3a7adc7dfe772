#!/usr/bin/env bash
# Configures Microsoft Entra ID with the Azure CLI (guide 5.1, 5.2 and 6.2.5). Prefer `keyferry setup entra`, which does
# the same and shows each change first. Use this script where only `az` is allowed. It can be repeated: existing objects
# are kept, but each run of `secrets` creates new secrets.
#
#   entra.sh apps DOMAIN            Registers the connector with its app roles, and the test client (5.2.1, 5.2.2),
#                                   without secrets.
#   entra.sh assign DOMAIN CALLER ROLE   Assigns an app role, for example Keyferry.Order, to the application with the
#                                   client id CALLER.
#   entra.sh console CLIENT_ID URL  Registers the redirect URI of the console at URL, and adds auth_time to ID tokens.
#   entra.sh portal CLIENT_ID URL   Does the same for the pages for people (KEYFERRY_PORTAL=on).
#   entra.sh consent CLIENT_ID      Grants admin consent (5.2.1, step 10). Requires Global Administrator or Privileged
#                                   Role Administrator. Check the registration's owners first: they can use whatever
#                                   is granted to it.
#   entra.sh secrets DOMAIN         Creates a client secret for each registration and prints it once.
#   entra.sh policy                 Enables passkeys, self-service and attestation (5.1). Keeps key restrictions.
#   entra.sh directory-readers ID   Assigns the Logic App's role (6.2.5). ID is the output logicAppPrincipalId.
set -euo pipefail

graph=${MS_GRAPH_ENDPOINT:-https://graph.microsoft.com}
connector=${CONNECTOR_NAME:-Yubico FIDO Pre-reg Service}
client=${CLIENT_NAME:-Yubico FIDO Pre-reg Test Client}
microsoft_graph=00000003-0000-0000-c000-000000000000
# UserAuthMethod-Passkey.ReadWrite.All, the application permission.
passkeys=0400e371-7db1-4338-a269-96069eb65227
directory_readers=88d8e3e3-8f55-4a1e-953a-9b9898b8876b

usage() {
  sed -n '2,17s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

connector_id() {
  az ad app list --identifier-uri "api://fido-connector-api.$1" --query '[0].appId' --output tsv
}

client_id() {
  az ad app list --filter "displayName eq '$client'" --query '[0].appId' --output tsv
}

principal() {
  az ad sp show --id "$1" --query id --output tsv 2>/dev/null || az ad sp create --id "$1" --query id --output tsv
}

# The app roles of `keyferry setup entra`, with the same ids: id, name, display name, description.
rights='1|Order|Order security keys|Order security keys for users.
2|Read|Read shipments|Read all shipments. Without this role, a caller sees only what it ordered itself.
3|Operate|Operate shipments|Retry, cancel, adopt, resolve and process shipments.
4|Pin|Release PINs|Resend and release PINs.
5|Audit|Read the audit log|Read the events of all shipments.
6|Admin|Administer Keyferry|Administer Keyferry, and order keys for users with a privileged directory role.'
right_id=8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e000

# Joins two JSON arrays, the first of which may be empty or missing.
joined() {
  local first=${1//$'\n'/}
  [[ $first =~ ^[[:space:]]*(null|\[[[:space:]]*\])?[[:space:]]*$ ]] && echo "[$2]" || echo "${first%]*},$2]"
}

# Defines the app roles, and the scopes of the same names. Entra requires the same id and texts, and one call.
define_rights() {
  local digit name display description roles='' scopes=''
  [[ $(az ad app show --id "$1" --query "length(appRoles[?value=='Keyferry.Admin'])" --output tsv) != 1 ]] || return 0
  while IFS='|' read -r digit name display description; do
    roles+=",{\"id\":\"$right_id$digit\",\"value\":\"Keyferry.$name\",\"displayName\":\"$display\",\"description\":\"$description\",\"isEnabled\":true,\"allowedMemberTypes\":[\"User\",\"Application\"]}"
    scopes+=",{\"id\":\"$right_id$digit\",\"value\":\"Keyferry.$name\",\"type\":\"Admin\",\"isEnabled\":true,\"adminConsentDisplayName\":\"$display\",\"adminConsentDescription\":\"$description\"}"
  done <<<"$rights"
  roles=$(joined "$(az ad app show --id "$1" --query appRoles --output json)" "${roles#,}")
  scopes=$(joined "$(az ad app show --id "$1" --query api.oauth2PermissionScopes --output json)" "${scopes#,}")
  az ad app update --id "$1" --set "appRoles=$roles" "api.oauth2PermissionScopes=$scopes"
}

assign() {
  local resource caller digit
  digit=$(grep "|${3#Keyferry.}|" <<<"$rights" | cut -d'|' -f1)
  [[ -n $digit ]] || { echo "there is no role $3" >&2; exit 2; }
  resource=$(principal "$(connector_id "$1")")
  caller=$(principal "$2")
  az rest --method POST --url "$graph/v1.0/servicePrincipals/$caller/appRoleAssignments" --headers Content-Type=application/json --body \
    "{\"principalId\":\"$caller\",\"resourceId\":\"$resource\",\"appRoleId\":\"$right_id$digit\"}"
}

apps() {
  local uri="api://fido-connector-api.$1" id scope scopes
  id=$(connector_id "$1")
  if [[ -z $id ]]; then
    id=$(az ad app create --display-name "$connector" --sign-in-audience AzureADMyOrg --identifier-uris "$uri" --query appId --output tsv)
  fi
  scope=$(az ad app show --id "$id" --query "api.oauth2PermissionScopes[?value=='create_request'] | [0].id" --output tsv)
  if [[ -z $scope ]]; then
    scope=$(cat /proc/sys/kernel/random/uuid)
    scope="{\"id\":\"$scope\",\"value\":\"create_request\",\"type\":\"Admin\",\"isEnabled\":true,\"adminConsentDisplayName\":\"create_request\",\"adminConsentDescription\":\"Allows Yubico FIDO Pre-reg requests\"}"
    scopes=$(joined "$(az ad app show --id "$id" --query api.oauth2PermissionScopes --output json)" "$scope")
    az ad app update --id "$id" --set "api.oauth2PermissionScopes=$scopes"
  fi
  define_rights "$id"
  principal "$id" >/dev/null
  az ad app permission add --id "$id" --api $microsoft_graph --api-permissions $passkeys=Role --only-show-errors
  echo "FIDO_Connector_Client_Id: $id"
  echo "FIDO_Connector_Allowed_Audiences: [\"$uri\"]"
  id=$(client_id)
  if [[ -z $id ]]; then
    id=$(az ad app create --display-name "$client" --sign-in-audience AzureADMyOrg --query appId --output tsv)
  fi
  principal "$id" >/dev/null
  echo "FIDO_Connector_Allowed_Client_Apps: [\"$id\"]"
}

console() {
  redirect "$1" "${2%/}/console/callback"
}

portal() {
  redirect "$1" "${2%/}/me/callback"
}

redirect() {
  local uri="\"$2\"" uris claims
  local auth_time='{"name":"auth_time","source":null,"essential":false,"additionalProperties":[]}'
  uris=$(az ad app show --id "$1" --query web.redirectUris --output json)
  [[ $uris == *"$uri"* ]] || az ad app update --id "$1" --set "web.redirectUris=$(joined "$uris" "$uri")"
  claims=$(az ad app show --id "$1" --query optionalClaims.idToken --output json)
  [[ $claims == *'"auth_time"'* ]] || az ad app update --id "$1" --set "optionalClaims.idToken=$(joined "$claims" "$auth_time")"
}

consent() {
  az ad app permission admin-consent --id "$1"
}

secrets() {
  local end
  # The portal recommends 180 days.
  end=$(date -u -d '+180 days' +%Y-%m-%d)
  echo -n 'FIDO_Connector_Client_Secret: '
  az ad app credential reset --id "$(connector_id "$1")" --append --display-name keyferry --end-date "$end" --query password --output tsv
  echo -n 'client secret of the test client: '
  az ad app credential reset --id "$(client_id)" --append --display-name keyferry --end-date "$end" --query password --output tsv
}

policy() {
  local url="$graph/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2"
  echo 'previous policy (keep it to restore it later):' >&2
  az rest --method GET --url "$url"
  az rest --method PATCH --url "$url" --headers Content-Type=application/json --body \
    '{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","state":"enabled","isSelfServiceRegistrationAllowed":true,"isAttestationEnforced":true}'
}

directory-readers() {
  az rest --method POST --url "$graph/v1.0/roleManagement/directory/roleAssignments" --headers Content-Type=application/json --body \
    "{\"principalId\":\"$1\",\"roleDefinitionId\":\"$directory_readers\",\"directoryScopeId\":\"/\"}"
}

case "${1:-}:$#" in
apps:2 | assign:4 | console:3 | portal:3 | consent:2 | secrets:2 | directory-readers:2 | policy:1) "$@" ;;
*) usage ;;
esac
