// Remember a tenant; the same again changes nothing but a name that was given.
//
// mode     write
// control
// param    tenant      STRING   the slug
// param    own         KEY ='' the tenant's node
// param    name        STRING   what people call it
// param    now         STRING   now (ISO 8601, UTC)
// returns  tenant      STRING   the slug
// returns  name        STRING   what people call it
// returns  created_at  STRING   when it was made
// calls    stormgraph tenants add
/*
:params { tenant: 'acme', own: 'acme/', name: 'Acme Roofing', now: '2026-11-21T12:00:00Z' }
*/
MERGE (t:Tenant {key: $own})
ON CREATE SET t.tenant = $tenant, t.created_at = $now
SET t.name = CASE WHEN $name = '' THEN coalesce(t.name, $tenant) ELSE $name END
RETURN t.tenant AS tenant, t.name AS name, t.created_at AS created_at
