// Remember an API key: its public part and the seal of its secret, never the secret.
//
// mode     write
// control
// param    tenant   STRING   the tenant it opens
// param    own      KEY      the key's public id
// param    content  MAP      key_id, seal, scopes, label, created_at
// returns  key_id   STRING   the key's public id
// calls    stormgraph keys add
/*
:params { tenant: 'acme', own: 'acme/k7', content: { key_id: 'k7', seal: '', scopes: ['identity:read'], label: 'site' } }
*/
MERGE (k:ApiKey {key: $own})
SET k.tenant = $tenant, k += $content
RETURN k.key_id AS key_id
