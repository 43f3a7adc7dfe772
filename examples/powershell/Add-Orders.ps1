#!/usr/bin/env pwsh
#Requires -Version 7
<#
.SYNOPSIS
Queues one order for each row of a CSV file, and writes the ids of the shipments into a second file.
.DESCRIPTION
See ../README.md for the variables. Columns: user_id, reference, recipient_company, recipient_email,
recipient_firstname, recipient_lastname, recipient_telephone, street_line1, city, region, postal_code, country_code_2.
`reference` identifies the row: the same reference never orders twice within seven days, also after an interruption.
.EXAMPLE
./Add-Orders.ps1 -Path people.csv -Result shipments.csv
#>
param(
    [Parameter(Mandatory)][string]$Path,
    [Parameter(Mandatory)][string]$Result,
    [int]$ProductId = 1,
    [int]$InventoryProductId = 106,
    [string]$CustomizationId = 'CUSTID'
)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Get-Setting([string]$Name, [string]$Default) {
    $value = [Environment]::GetEnvironmentVariable($Name)
    if ([string]::IsNullOrEmpty($value)) { $Default } else { $value }
}

$api = Get-Setting API_URL 'http://127.0.0.1:8080'
$token = (Invoke-RestMethod -Method Post `
    -Uri (Get-Setting TOKEN_URL 'http://127.0.0.1:8090/contoso.onmicrosoft.com/oauth2/v2.0/token') `
    -Body @{
        grant_type    = 'client_credentials'
        client_id     = Get-Setting CLIENT_ID '0c0ffee0-0000-4000-8000-000000000002'
        client_secret = Get-Setting CLIENT_SECRET 'sandbox-test-client-secret'
        scope         = Get-Setting SCOPE 'api://fido-connector-api.contoso.onmicrosoft.com/.default'
    }).access_token
$authorization = @{ Authorization = "Bearer $token" }

$failed = 0
foreach ($row in Import-Csv $Path) {
    $order = @{
        user_id                 = $row.user_id
        reference               = $row.reference
        pin_request             = @{ type = 'generate'; length = 8 }
        yubico_shipment_request = @{
            recipient       = @{
                recipient_company   = $row.recipient_company
                recipient_email     = $row.recipient_email
                recipient_firstname = $row.recipient_firstname
                recipient_lastname  = $row.recipient_lastname
                recipient_telephone = $row.recipient_telephone
            }
            mailing_address = @{
                street_line1   = $row.street_line1
                city           = $row.city
                region         = $row.region
                postal_code    = $row.postal_code
                country_code_2 = $row.country_code_2
            }
            shipment_items  = @(@{
                    product_id           = $ProductId
                    inventory_product_id = $InventoryProductId
                    product_quantity     = 1
                    customization_id     = $CustomizationId
                })
        }
    }
    for ($attempt = 1; $attempt -le 5; $attempt++) {
        # The key makes retries safe, and a second run of the script.
        $answer = Invoke-WebRequest -Method Post -Uri "$api/v1/orders" -SkipHttpErrorCheck `
            -Headers ($authorization + @{ 'Idempotency-Key' = "row-$($row.reference)" }) `
            -ContentType 'application/json; charset=utf-8' -Body ($order | ConvertTo-Json -Depth 6)
        if ($answer.StatusCode -ne 503) { break }
        Start-Sleep -Seconds ([Math]::Max([int]($answer.Headers['Retry-After'] | Select-Object -First 1), 1))
    }
    $body = $answer.Content | ConvertFrom-Json
    $message = ''
    if ($answer.StatusCode -ne 202) {
        $failed += 1
        $message = $body.error_message
        Write-Warning "$($row.reference): $message"
    }
    [pscustomobject]@{ reference = $row.reference; user_id = $row.user_id; id = $body.id; error = $message } |
        Export-Csv $Result -Append
}
if ($failed) { exit 1 }
