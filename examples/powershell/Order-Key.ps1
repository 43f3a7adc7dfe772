#!/usr/bin/env pwsh
#Requires -Version 7
<#
.SYNOPSIS
Orders a key for one user and follows the order.
.DESCRIPTION
See ../README.md for the variables.
Exit codes: 0 complete, 1 not ordered, 2 an order may exist, 3 not complete in time.
.EXAMPLE
./Order-Key.ps1 -User ada.lovelace@contoso.onmicrosoft.com
#>
param([Parameter(Mandatory)][string]$User)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Get-Setting([string]$Name, [string]$Default) {
    $value = [Environment]::GetEnvironmentVariable($Name)
    if ([string]::IsNullOrEmpty($value)) { $Default } else { $value }
}

$api = Get-Setting API_URL 'http://127.0.0.1:8080'
$idempotencyKey = Get-Setting IDEMPOTENCY_KEY ([guid]::NewGuid().ToString())
$wait = [int](Get-Setting WAIT_SECONDS '120')

$token = (Invoke-RestMethod -Method Post `
    -Uri (Get-Setting TOKEN_URL 'http://127.0.0.1:8090/contoso.onmicrosoft.com/oauth2/v2.0/token') `
    -Body @{
        grant_type    = 'client_credentials'
        client_id     = Get-Setting CLIENT_ID '0c0ffee0-0000-4000-8000-000000000002'
        client_secret = Get-Setting CLIENT_SECRET 'sandbox-test-client-secret'
        scope         = Get-Setting SCOPE 'api://fido-connector-api.contoso.onmicrosoft.com/.default'
    }).access_token
$authorization = @{ Authorization = "Bearer $token" }

$order = @{
    user_id                 = $User
    pin_request             = @{ type = 'generate'; length = 8 }
    yubico_shipment_request = @{
        recipient       = @{
            recipient_company   = 'Contoso'
            recipient_email     = $User
            recipient_firstname = 'Ada'
            recipient_lastname  = 'Lovelace'
            recipient_telephone = '5555555555'
        }
        mailing_address = @{
            street_line1   = '1 Analytical Way'
            city           = 'Palo Alto'
            region         = 'CA'
            postal_code    = '94301'
            country_code_2 = 'US'
        }
        shipment_items  = @(
            @{ product_id = 1; inventory_product_id = 106; product_quantity = 1; customization_id = 'CUSTID' }
        )
    }
} | ConvertTo-Json -Depth 6

for ($attempt = 1; $attempt -le 5; $attempt++) {
    $answer = Invoke-WebRequest -Method Post -Uri "$api/v1/fpr/shipments" -SkipHttpErrorCheck `
        -Headers ($authorization + @{ 'Idempotency-Key' = $idempotencyKey }) `
        -ContentType 'application/json; charset=utf-8' -Body $order
    if ($answer.StatusCode -ne 503) { break }
    $pause = [int]($answer.Headers['Retry-After'] | Select-Object -First 1)
    [Console]::Error.WriteLine("busy; retrying in $pause s")
    Start-Sleep -Seconds ([Math]::Max($pause, 1))
}
$body = $answer.Content | ConvertFrom-Json
if ($answer.StatusCode -ne 201) {
    [Console]::Error.WriteLine("status $($answer.StatusCode): $($body.error_message)")
    if ($body.error_data.order_may_exist) {
        [Console]::Error.WriteLine("do not order again; resolve shipment $($body.error_data.shipment_id)")
        exit 2
    }
    exit 1
}
$shipment = $body.data.shipment_id
Write-Output "ordered: $shipment"

$until = (Get-Date).AddSeconds($wait)
while ((Get-Date) -lt $until) {
    $state = Invoke-RestMethod -Uri "$api/v1/fpr/shipments/$shipment" -Headers $authorization
    if ($state.shipment_state -eq 'complete') {
        Write-Output 'complete: the key is registered and the PIN is delivered'
        exit 0
    }
    if ($state.error_message) { [Console]::Error.WriteLine("obstacle: $($state.error_message)") }
    Start-Sleep -Seconds 2
}
[Console]::Error.WriteLine("not complete after $wait s")
exit 3
