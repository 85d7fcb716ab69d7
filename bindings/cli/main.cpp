#include <unistd.h>

#include <cstdio>

#include "entrospect/bindings/cli/app.hpp"
#include "entrospect/bindings/cli/exit_code.hpp"

int main(int argc, char** argv) {
  const int code = entrospect::cli::command(argc, argv);
  // A solver that was abandoned on interruption may still run: no destructors under its feet.
  if (code == entrospect::cli::exit_code::interrupted) {
    (void)std::fflush(nullptr);
    ::_exit(code);
  }
  return code;
}
