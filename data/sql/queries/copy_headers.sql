copy ordersync.source_documents
    (source, source_id, order_id, version, observed_at, create_time, update_time, digest,
     mapping_version, api_shape, deleted_at, run_id, plan_id, command_id, loss, document)
from stdin
