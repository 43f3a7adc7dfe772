/**
 * Script Include for ServiceNow: verifies webhooks of a Keyferry connector (https://www.standardwebhooks.com).
 *
 * Store the subscription's secrets (whsec_…) in a system property of the type password2, separated by spaces: two
 * during a rotation. The scripted REST resource in webhook-resource.js uses this class.
 *
 * The code uses ECMAScript 5, which every instance supports.
 */
var KeyferryWebhook = Class.create();
KeyferryWebhook.prototype = {
    /** Seconds by which the time in the headers may differ from the instance's clock. */
    TOLERANCE: 300,

    initialize: function (secrets) {
        this.keys = [];
        var parts = (secrets || '').split(/\s+/);
        for (var i = 0; i < parts.length; i += 1) {
            if (parts[i].indexOf('whsec_') === 0) {
                // The rest is base64, which is the form of the key that generateMac expects.
                this.keys.push(parts[i].substring('whsec_'.length));
            }
        }
    },

    /**
     * Verifies a request. `body` is the text as it was received: a parsed and serialized body has another signature.
     *
     * Returns { valid: true, id, event } or { valid: false, reason }.
     */
    verify: function (headers, body, nowSeconds) {
        var id = headers['webhook-id'];
        var timestamp = headers['webhook-timestamp'];
        var signatures = headers['webhook-signature'];
        if (!id || !timestamp || !signatures) {
            return { valid: false, reason: 'a header of the signature is missing' };
        }
        if (!/^[0-9]{1,12}$/.test(timestamp) || Math.abs(nowSeconds - Number(timestamp)) > this.TOLERANCE) {
            return { valid: false, reason: 'the time of the signature is more than ' + this.TOLERANCE + ' s away' };
        }
        if (!this._isSigned(id + '.' + timestamp + '.' + body, signatures)) {
            return { valid: false, reason: 'no signature is valid' };
        }
        try {
            return { valid: true, id: id, event: JSON.parse(body) };
        } catch (error) {
            return { valid: false, reason: 'the body is not JSON' };
        }
    },

    _isSigned: function (content, signatures) {
        var given = signatures.split(' ');
        var found = false;
        for (var k = 0; k < this.keys.length; k += 1) {
            var expected = 'v1,' + new GlideCertificateEncryption().generateMac(this.keys[k], 'HmacSHA256', content);
            for (var s = 0; s < given.length; s += 1) {
                found = this._isEqual(expected, given[s]) || found;
            }
        }
        return found;
    },

    /** Compares without a hint about the first different character. */
    _isEqual: function (one, other) {
        var different = one.length ^ other.length;
        for (var i = 0; i < one.length; i += 1) {
            different |= one.charCodeAt(i) ^ other.charCodeAt(i);
        }
        return different === 0;
    },

    type: 'KeyferryWebhook'
};
