// Remember what was erased, by seals from which nobody can read it.
//
// mode     write
// param    tenant        STRING   whose they are
// param    rows          ROWS     one per thing erased
// row      tombstone     KEY      its seal
// row      seal          STRING   the same, as a value
// row      kind          STRING   record, person, household, or a kind of identifier
// row      erased_at     STRING   now (ISO 8601, UTC)
// returns  tombstones    INTEGER  how many there are of these
// calls    DELETE /v1/persons/{person_id}
/*
:params { tenant: 'acme', rows: [{ tombstone: 'acme/9f', seal: '9f', kind: 'record', erased_at: '2026-11-21T12:00:00Z' }] }
*/
UNWIND $rows AS row
MERGE (t:Tombstone {key: row.tombstone})
ON CREATE SET t.tenant = $tenant, t.seal = row.seal, t.kind = row.kind, t.erased_at = row.erased_at
RETURN count(t) AS tombstones
