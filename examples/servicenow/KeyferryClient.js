/**
 * Script Include for ServiceNow: orders security keys from a Keyferry connector.
 *
 * Create an OAuth profile for the connector's scope (System OAuth, client credentials) and pass its sys_id; the platform
 * then gets and renews the access token. Store the Idempotency-Key, for example the sys_id of the requested item, before
 * the first call, and use the same key and body for every retry.
 *
 *   var client = new KeyferryClient({ url: 'https://keyferry.example', oauthProfile: 'SYS_ID' });
 *   var result = client.order(requestedItem.getUniqueValue(), order);
 *
 * The code uses ECMAScript 5, which every instance supports.
 */
var KeyferryClient = Class.create();
KeyferryClient.prototype = {
    initialize: function (options) {
        this.url = options.url;
        this.oauthProfile = options.oauthProfile;
    },

    /**
     * Orders one key.
     *
     * Returns { outcome, shipmentId, message, retryAfterSeconds } with one of these outcomes:
     *   ordered    the delivery service has the order; store shipmentId
     *   retry      nothing was ordered; call again with the same key after retryAfterSeconds
     *   rejected   nothing was ordered; correct what message names
     *   uncertain  an order may exist: never order again, open a task to resolve shipmentId
     */
    order: function (idempotencyKey, order) {
        var request = this._request('post', '/v1/fpr/shipments');
        request.setRequestHeader('Content-Type', 'application/json');
        request.setRequestHeader('Idempotency-Key', idempotencyKey);
        request.setRequestBody(JSON.stringify(order));
        var response = request.execute();
        var status = response.getStatusCode();
        if (response.haveError() && !status) {
            // The connection failed. The key makes a retry safe.
            return { outcome: 'retry', message: response.getErrorMessage(), retryAfterSeconds: 30 };
        }
        var body = JSON.parse(response.getBody());
        if (status === 201) {
            return { outcome: 'ordered', shipmentId: body.data.shipment_id };
        }
        var data = body.error_data || {};
        if (data.order_may_exist) {
            return { outcome: 'uncertain', shipmentId: data.shipment_id, message: body.error_message };
        }
        if (status === 503) {
            var seconds = parseInt(response.getHeader('Retry-After'), 10) || 30;
            return { outcome: 'retry', message: body.error_message, retryAfterSeconds: seconds };
        }
        return { outcome: 'rejected', message: body.error_message };
    },

    /** Returns { state: 'ongoing' or 'complete', message } where message names the obstacle, if there is one. */
    state: function (shipmentId) {
        var response = this._request('get', '/v1/fpr/shipments/' + encodeURIComponent(shipmentId)).execute();
        var body = JSON.parse(response.getBody());
        if (response.getStatusCode() !== 200) {
            throw new Error('Keyferry returned ' + response.getStatusCode() + ': ' + body.error_message);
        }
        return { state: body.shipment_state, message: body.error_message };
    },

    _request: function (method, path) {
        var request = new sn_ws.RESTMessageV2();
        request.setHttpMethod(method);
        request.setEndpoint(this.url + path);
        request.setHttpTimeout(60000);
        request.setAuthenticationProfile('oauth2', this.oauthProfile);
        return request;
    },

    type: 'KeyferryClient',
};
