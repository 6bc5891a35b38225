// Make households, or bring what we say of them up to date; each write is a new version.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the households
// row      household     KEY      the household
// row      household_id  STRING   the same, as a value
// row      created_at    STRING   now (ISO 8601, UTC)
// row      content       MAP      kind, persons, alias_of, also
// returns  households    INTEGER  how many were written
// calls    stormgraph match
/*
:params { tenant: 'acme', rows: [{ household: 'acme/0192', household_id: '0192', created_at: '2026-11-21T12:00:00Z', content: { kind: 'family', persons: 2 } }] }
*/
UNWIND $rows AS row
MERGE (h:Household {key: row.household})
ON CREATE SET h.tenant = $tenant, h.household_id = row.household_id, h.created_at = row.created_at
SET h.version = coalesce(h.version, 0) + 1, h += row.content
RETURN count(h) AS households
