"""Values under names: setting, reading, exporting and importing them."""
