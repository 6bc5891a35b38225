// Every tenant, by slug.
//
// mode     read
// control
// scans    the tenants, which are few
// param    after       STRING ='' start behind this slug
// param    limit       INTEGER =1000 how many
// returns  tenant      STRING   the slug
// returns  name        STRING   what people call it
// returns  created_at  STRING   when it was made
// returns  arriving    STRING   since when a restore or a copy brings its graph; null when none does
// calls    stormgraph tenants list
/*
:params { after: '', limit: 1000 }
*/
MATCH (t:Tenant)
WHERE t.tenant > $after
RETURN t.tenant AS tenant, t.name AS name, t.created_at AS created_at, t.arriving AS arriving
ORDER BY t.tenant
LIMIT $limit
