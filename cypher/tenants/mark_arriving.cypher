// Remember that a tenant's graph is on its way, or that it has arrived: meanwhile nobody writes to it unasked.
//
// mode     write
// control
// param    tenant      STRING   whose it is
// param    own         KEY ='' the tenant's node
// param    since       STRING ='' when it began (ISO 8601, UTC); empty once it has arrived
// returns  tenant      STRING   the slug
// calls    stormgraph restore
/*
:params { tenant: 'acme', own: 'acme/', since: '2026-11-21T12:00:00Z' }
*/
MATCH (t:Tenant {key: $own})
WHERE t.tenant = $tenant
SET t.arriving = CASE WHEN $since = '' THEN null ELSE $since END
RETURN t.tenant AS tenant
