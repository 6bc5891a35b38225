// Every standardised row with the fields that matching reads, in the order of their keys.
//
// Each row is a list: source, record_id, scope, seen_at, content_hash, first_name, middle_name, last_name, suffix,
// date_of_birth, sex, email, phone, street_address, unit, city, state, zip, device_id, cookie_id, crm_id, property_id,
// extras (a JSON object).
//
// mode     read
// scans    a match run reads every row once
// pages    Record
// param    after          KEY ='' start behind this row: (source, record_id)
// param    end            END      where the tenant's rows, or those of a page, end
// returns  rows           LIST     the rows, a list each
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (r:Record)
WHERE r.key > $after AND r.key <= $end
WITH r ORDER BY r.key
RETURN collect([r.source, r.record_id, r.scope, r.seen_at, r.content_hash, r.first_name, r.middle_name, r.last_name,
                r.suffix, r.date_of_birth, r.sex, r.email, r.phone, r.street_address, r.unit, r.city, r.state, r.zip,
                r.device_id, r.cookie_id, r.crm_id, r.property_id, r.extras]) AS rows
