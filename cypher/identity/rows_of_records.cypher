// These rows with the fields that matching reads, and the person that each describes.
//
// mode     read
// param    records       KEYS     the rows: (source, record_id) each
// returns  source         STRING   the system it came from
// returns  record_id      STRING   its id there
// returns  scope          STRING   keeps its crm_id and cookie_id apart from another system's
// returns  seen_at        STRING   when the source saw it
// returns  first_name     STRING   given name, folded
// returns  middle_name    STRING   middle name or initial, folded
// returns  last_name      STRING   family name, folded
// returns  suffix         STRING   generational suffix
// returns  date_of_birth  STRING   yyyy-mm-dd
// returns  sex            STRING   sex, folded
// returns  email          STRING   lower case
// returns  phone          STRING   E.164
// returns  street_address STRING   house number and street, without the unit
// returns  unit           STRING   apartment, suite or lot
// returns  city           STRING   city, folded
// returns  state          STRING   state
// returns  zip            STRING   ZIP or postcode
// returns  device_id      STRING   a device's id
// returns  cookie_id      STRING   a cookie's id
// returns  crm_id         STRING   the customer's id in a CRM
// returns  property_id    STRING   the building's id in a parcel register
// returns  extras         STRING   further declared columns (a JSON object)
// returns  person_id      STRING   the person it describes; null while it describes none
// returns  household_id   STRING   that person's present household
// returns  content_hash   STRING   hash of the content we hold
// calls    stormgraph match
/*
:params { records: ['acme/crm/17'] }
*/
UNWIND $records AS own
MATCH (r:Record {key: own})
OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person)
RETURN r.source AS source, r.record_id AS record_id, r.scope AS scope, r.seen_at AS seen_at,
       r.first_name AS first_name, r.middle_name AS middle_name, r.last_name AS last_name, r.suffix AS suffix,
       r.date_of_birth AS date_of_birth, r.sex AS sex, r.email AS email, r.phone AS phone,
       r.street_address AS street_address, r.unit AS unit, r.city AS city, r.state AS state,
       r.zip AS zip, r.device_id AS device_id, r.cookie_id AS cookie_id, r.crm_id AS crm_id,
       r.property_id AS property_id, r.extras AS extras,
       p.person_id AS person_id, p.household_id AS household_id, r.content_hash AS content_hash
ORDER BY r.key, p.key
