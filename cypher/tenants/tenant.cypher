// One tenant, if there is one of this slug.
//
// mode     read
// control
// param    own         KEY ='' the tenant's node
// returns  tenant      STRING   the slug
// returns  name        STRING   what people call it
// returns  created_at  STRING   when it was made
// returns  arriving    STRING   since when a restore or a copy brings its graph; null when none does
// calls    stormgraph keys add
/*
:params { own: 'acme/' }
*/
MATCH (t:Tenant {key: $own})
RETURN t.tenant AS tenant, t.name AS name, t.created_at AS created_at, t.arriving AS arriving
