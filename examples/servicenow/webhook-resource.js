/**
 * Script of a scripted REST resource (POST) that receives webhooks of a Keyferry connector.
 *
 * Clear "Requires authentication" on the resource: the signature authenticates the request. Create a table
 * u_keyferry_event with the string fields u_webhook_id (unique), u_type and u_body. A business rule on that table does
 * the work, so that the connector gets its response at once.
 */
(function process(request, response) {
    var headers = {
        'webhook-id': request.getHeader('webhook-id'),
        'webhook-timestamp': request.getHeader('webhook-timestamp'),
        'webhook-signature': request.getHeader('webhook-signature')
    };
    var body = request.body.dataString;
    var webhook = new KeyferryWebhook(gs.getProperty('keyferry.webhook.secrets'));
    var result = webhook.verify(headers, body, Math.floor(new Date().getTime() / 1000));
    if (!result.valid) {
        gs.warn('Keyferry webhook rejected: ' + result.reason);
        response.setStatus(401);
        return;
    }
    // Webhooks arrive at least once. The same event always has the same webhook-id.
    var event = new GlideRecord('u_keyferry_event');
    if (event.get('u_webhook_id', result.id)) {
        response.setStatus(204);
        return;
    }
    event.initialize();
    event.setValue('u_webhook_id', result.id);
    event.setValue('u_type', String(result.event.type));
    event.setValue('u_body', body);
    // Without a record, the connector must send the event again.
    response.setStatus(event.insert() ? 204 : 500);
})(request, response);
