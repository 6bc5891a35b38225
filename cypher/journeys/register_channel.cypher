// Make a channel of the tenant's own, or further names for one of the registry.
//
// mode     write
// param    tenant         STRING   whose they are
// param    own            KEY      the channel
// param    channel        STRING   the same, as a value
// param    aliases        STRINGS  other names for it
// returns  channel        STRING   the channel
// calls    PUT /v1/channels
/*
:params { tenant: 'acme', own: 'acme/drone_flight', channel: 'drone_flight', aliases: ['drone'] }
*/
MERGE (c:Channel {key: $own})
SET c.tenant = $tenant, c.channel = $channel, c.aliases = $aliases
RETURN c.channel AS channel
