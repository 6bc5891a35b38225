// The API keys of one tenant, without their seals.
//
// mode     read
// control
// param    after       KEY ='' start behind this key
// param    end         END      where the tenant's keys end
// param    limit       INTEGER =1000 how many
// returns  key_id      STRING   its public id
// returns  label       STRING   what it is for
// returns  scopes      LIST     what it may do
// returns  created_at  STRING   when it was made
// returns  revoked_at  STRING   when it stopped opening anything; null while it opens
// returns  expires_at  STRING   when it stops by itself; null where it does not
// returns  replaces    STRING   the key whose place it takes
// calls    stormgraph keys list
/*
:params { after: 'acme/', end: 'acme0', limit: 1000 }
*/
MATCH (k:ApiKey)
WHERE k.key > $after AND k.key < $end
RETURN k.key_id AS key_id, k.label AS label, k.scopes AS scopes, k.created_at AS created_at, k.revoked_at AS revoked_at,
       k.expires_at AS expires_at, k.replaces AS replaces
ORDER BY k.key
LIMIT $limit
