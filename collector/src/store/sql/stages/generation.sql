SELECT MAX(generation) FROM stage_definitions
