// Which of these buildings are there, and where.
//
// mode     read
// param    properties     KEYS     the buildings
// returns  property_id    STRING   the building
// returns  zip            STRING   its ZIP; null where nobody said
// calls    POST /v1/exposures
// calls    POST /v1/properties
/*
:params { properties: ['acme/P-14'] }
*/
UNWIND $properties AS property
MATCH (b:Property {key: property})
RETURN b.property_id AS property_id, b.zip AS zip
ORDER BY b.key
