LOCK TABLE stage_definitions, erased_ids IN SHARE ROW EXCLUSIVE MODE
