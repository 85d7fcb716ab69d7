#pragma once
// The command line: flags, help, exit codes.

namespace entrospect::cli {

// Parses and runs; never throws. Returns the exit code.
int command(int argc, char** argv);

}  // namespace entrospect::cli
