// Make persons, or bring what we say of them up to date; each write is a new version.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     the persons
// row      person        KEY      the person
// row      person_id     STRING   the same, as a value
// row      created_at    STRING   now (ISO 8601, UTC)
// row      content       MAP      records, confidence, household_id, first_name, last_name, alias_of, also
// returns  persons       INTEGER  how many were written
// calls    stormgraph match
/*
:params { tenant: 'acme', rows: [{ person: 'acme/0192', person_id: '0192', created_at: '2026-11-21T12:00:00Z', content: { records: 2 } }] }
*/
UNWIND $rows AS row
MERGE (p:Person {key: row.person})
ON CREATE SET p.tenant = $tenant, p.person_id = row.person_id, p.created_at = row.created_at
SET p.version = coalesce(p.version, 0) + 1, p += row.content
RETURN count(p) AS persons
