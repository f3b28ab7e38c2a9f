"""The commands for a course folder, each a thin module with add_arguments(parser) and run(args)."""
